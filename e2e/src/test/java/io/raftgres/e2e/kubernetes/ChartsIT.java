package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The API server accepts the charts and the plain manifests, both say the same, and the installed programs work. */
@OnKubernetes
class ChartsIT {

    private static final Path ROOT = Operator.root();
    private static final Path OPERATOR = ROOT.resolve("helm/raftgres-operator");
    private static final Path CLUSTER = ROOT.resolve("helm/raftgres");
    private static final Duration READY_WITHIN = Duration.ofSeconds(120);

    @TempDir
    private Path directory;

    @Test
    void lintFindsNothing() throws Exception {
        Shell.run("helm", "lint", "--strict", OPERATOR.toString(), CLUSTER.toString());
    }

    @Test
    void theApiServerTakesTheOperatorsChart(Namespace namespace) throws Exception {
        for (List<String> values : List.of(
                List.<String>of(),
                List.of(
                        "replicas=2",
                        "logLevel=DEBUG",
                        "image.tag=other",
                        "nodeImage=example/node:1",
                        "javaOptions=-Xss1m"),
                List.of("watchNamespaces={" + namespace.name() + "}"),
                List.of(
                        "crds.enabled=false",
                        "serviceAccount.create=false",
                        "serviceAccount.name=default",
                        "rbac.create=false",
                        "imagePullSecrets[0].name=pull",
                        "priorityClassName=system-cluster-critical"),
                List.of(
                        "dashboard.enabled=true",
                        "logFormat=json",
                        "extraEnv[0].name=A",
                        "extraEnv[0].value=b",
                        "image.registry=registry.example.com",
                        "image.digest=sha256:" + "a".repeat(64),
                        "postgresImage=registry.example.com/postgres:18",
                        "podSecurityContext.runAsUser=null",
                        "securityContext.privileged=false",
                        "nameOverride=other",
                        "fullnameOverride=another",
                        "podLabels.team=a",
                        "podAnnotations.note=b",
                        "nodeSelector.disk=ssd"))) {
            dryRun(namespace, render(OPERATOR, namespace, values));
        }
    }

    @Test
    void theApiServerTakesTheClustersChart(Namespace namespace) throws Exception {
        for (List<String> values : List.of(
                List.<String>of(),
                List.of(
                        "replicas=5",
                        "image=example/node:1",
                        "imagePullPolicy=Always",
                        "imagePullSecrets[0].name=pull",
                        "resources.limits.memory=2Gi",
                        "storage.data.size=50Gi",
                        "storage.log.size=5Gi",
                        "storage.log.storageClassName=fast",
                        "storage.onDelete=Delete"),
                List.of(
                        "postgres.image=postgres:17",
                        "postgres.settings.shared_buffers=1GB",
                        "postgres.resources.limits.memory=1Gi",
                        "history.revisions=20000000",
                        "history.time=72h"),
                List.of(
                        "scheduling.spread=Required",
                        "scheduling.nodeSelector.disk=ssd",
                        "podMonitor.enabled=true",
                        "podMonitor.interval=15s",
                        "podMonitor.labels.release=kube-prometheus-stack",
                        "nameOverride=other",
                        "test.podSecurityContext.runAsUser=null",
                        "podLabels.team=a",
                        "podAnnotations.note=b",
                        "labels.x=y"),
                List.of("paused=true", "hibernated=true"),
                List.of(
                        "recovery.forceNewCluster.member=c-0",
                        "recovery.forceNewCluster.clusterId=0123456789abcdef"))) {
            dryRun(namespace, render(CLUSTER, namespace, values));
        }
    }

    @Test
    void valuesThatCannotBeAreRefusedWithTheirName() throws Exception {
        refused(CLUSTER, "replicas=2", "replicas");
        refused(CLUSTER, "replica=3", "replica");
        refused(CLUSTER, "storage.onDelete=Maybe", "onDelete");
        refused(CLUSTER, "storage.data.size=much", "size");
        refused(CLUSTER, "history.time=long", "time");
        refused(CLUSTER, "recovery.forceNewCluster.member=c-0", "clusterId");
        refused(CLUSTER, "scheduling.spread=Sometimes", "spread");
        refused(OPERATOR, "replicas=-1", "replicas");
        refused(OPERATOR, "watchNamespace=a", "watchNamespace");
        refused(OPERATOR, "watchNamespaces={A_B}", "watchNamespaces");
        refused(OPERATOR, "image.pullPolicy=Sometimes", "pullPolicy");
        refused(OPERATOR, "logLevel=LOUD", "logLevel");
        refused(OPERATOR, "logFormat=xml", "logFormat");
        refused(OPERATOR, "image.digest=latest", "digest");
        refused(OPERATOR, "podLabels.app\\.kubernetes\\.io/name=x", "podLabels");
        refused(OPERATOR, "extraEnv[0].value=b", "name");
        refused(OPERATOR, "podMonitor.label.release=a", "label");
        refused(CLUSTER, "podMonitor.label.release=a", "label");
    }

    @Test
    void anImageHasItsRegistryAndItsDigest(Namespace namespace) throws Exception {
        String digest = "sha256:" + "a".repeat(64);
        assertTrue(render(OPERATOR, namespace, List.of("image.registry=registry.example.com", "image.digest=" + digest))
                .contains("image: \"registry.example.com/raftgres/operator@" + digest + "\""));
        assertTrue(render(OPERATOR, namespace, List.of("global.imageRegistry=registry.example.com", "image.tag=1.0.0"))
                .contains("image: \"registry.example.com/raftgres/operator:1.0.0\""));
        assertTrue(render(OPERATOR, namespace, List.of("postgresImage=registry.example.com/postgres:18"))
                .contains("default: \"registry.example.com/postgres:18\""));
    }

    /** Fields that the definition gets need no change of the chart. */
    @Test
    void aClustersSpecTakesAnyFurtherField(Namespace namespace) throws Exception {
        String rendered = render(
                CLUSTER,
                namespace,
                List.of("spec.field.large=2147483648", "spec.storage.data.size=3Gi", "storage.onDelete=Delete"));
        GenericKubernetesResource cluster = documents(rendered)
                .map(each -> Serialization.unmarshal(each, GenericKubernetesResource.class))
                .filter(each -> each != null && "RaftCluster".equals(each.getKind()))
                .findFirst()
                .orElseThrow();
        assertEquals("2147483648", cluster.get("spec", "field", "large").toString());
        assertEquals("3Gi", cluster.get("spec", "storage", "data", "size"));
        assertEquals("Delete", cluster.get("spec", "storage", "onDelete"));
    }

    @Test
    void kustomizeEqualsTheChart(Namespace namespace) throws Exception {
        assertEquals(
                Shell.run(ROOT.resolve("helm/render-k8s").toString(), "-n"),
                Files.readString(ROOT.resolve("k8s/operator/operator.yaml")),
                "the chart has changed: run helm/render-k8s");
        Path overlay = Files.createDirectories(directory.resolve("overlay"));
        Files.writeString(
                overlay.resolve("kustomization.yaml"),
                "namespace: " + namespace.name() + "\nresources: ["
                        + overlay.toRealPath().relativize(ROOT.toRealPath().resolve("k8s/operator")) + "]\n");
        String all = Shell.run("kubectl", "kustomize", overlay.toString());
        // The test's namespace exists, with its own labels.
        dryRun(
                namespace,
                documents(all)
                        .filter(each -> !each.contains("kind: Namespace\n"))
                        .collect(Collectors.joining("\n---\n")));
    }

    @Test
    void theApiServerTakesTheExamples(Namespace namespace) throws Exception {
        try (Stream<Path> examples = Files.list(ROOT.resolve("k8s/examples"))) {
            List<Path> all = examples.toList();
            assertFalse(all.isEmpty());
            for (Path example : all) {
                dryRun(namespace, Files.readString(example));
            }
        }
    }

    /** An alert on a metric that neither a node nor the operator has would never fire. */
    @Test
    void alertsAndDashboardUseMetricsThatThereAre(RaftCluster cluster, Operator operator) throws Exception {
        String metrics = Shell.run(
                "kubectl",
                "get",
                "--raw",
                "/api/v1/namespaces/" + cluster.namespace() + "/pods/" + cluster.leader() + ":8081/proxy/metrics");
        String ofOperator = Shell.run(
                "kubectl",
                "get",
                "--raw",
                "/api/v1/namespaces/" + Operator.NAMESPACE + "/pods/" + operator.working() + ":8080/proxy/metrics");
        assertTrue(ofOperator.contains("reconciliations_success_total{controller_name=\"raftcluster\"}"), ofOperator);
        assertTrue(
                ofOperator.contains("raftgres_operator_condition{namespace=\"" + cluster.namespace() + "\""),
                ofOperator);
        Set<String> known = names(metrics + ofOperator);
        for (String file : List.of("alerts.yaml", "operator-alerts.yaml", "dashboard.json")) {
            Set<String> used = names(Files.readString(OPERATOR.resolve("files").resolve(file)));
            used.remove("raftgres_io_cluster");
            // It is there only while a write is refused. PagesTest finds it in the sources.
            used.remove("raftgres_operator_refused_writes");
            assertFalse(used.isEmpty(), file);
            used.removeAll(known);
            assertEquals(Set.of(), used, file + " names metrics that neither nodes nor the operator have");
        }
    }

    /** Two that manage all namespaces must not act at the same time; two that manage other namespaces must. */
    @Test
    void onlyReleasesWithNamespacesOfTheirOwnHaveTheirOwnLease() throws Exception {
        for (String release : List.of("first", "second")) {
            assertLease("raftgres-operator", release, "replicas=1");
            assertLease(release, release, "watchNamespaces={" + release + "}");
        }
        // It had the Lease of those that manage all namespaces, so one of the two did nothing.
        assertLease("raftgres-operator.namespaces", "raftgres-operator", "watchNamespaces={a}");
        assertLease("raftgres-operator", "raftgres-operator", "replicas=1");
    }

    /** Without quotes YAML reads 123 as a number, and the API server refuses the object. */
    @Test
    void aNameOfDigitsIsAText() throws Exception {
        for (Path chart : List.of(OPERATOR, CLUSTER)) {
            List<String> line = new ArrayList<>(
                    List.of("helm", "template", "123", chart.toString(), "--namespace", "456", "--set-string"));
            line.add(chart.equals(OPERATOR) ? "watchNamespaces={789},nameOverride=321" : "nameOverride=321");
            String rendered = Shell.run(line.toArray(String[]::new));
            assertFalse(
                    Pattern.compile("(?m): \\[?(123|456|789|321)]?$")
                            .matcher(rendered)
                            .find(),
                    rendered);
            assertTrue(rendered.contains("name: \"123\"") && rendered.contains("namespace: \"456\""), rendered);
        }
    }

    private static void assertLease(String lease, String release, String value) throws Exception {
        String rendered =
                Shell.run("helm", "template", release, OPERATOR.toString(), "--namespace", "ns", "--set", value);
        assertTrue(
                rendered.contains("name: RAFTGRES_OPERATOR_LEASE\n              value: \"" + lease + "\"\n"), rendered);
        assertTrue(rendered.contains("resourceNames: [\"" + lease + "\"]"), rendered);
    }

    @Test
    void helmTestOfTheOperator() throws Exception {
        String output =
                Shell.run("helm", "test", "raftgres-operator", "--namespace", Operator.NAMESPACE, "--timeout", "90s");
        assertTrue(output.contains("Succeeded"), output);
    }

    /** A second operator, for one namespace. Its Lease changes only while it does not run. */
    @Test
    void anOperatorThatLogsJson(Namespace namespace) throws Exception {
        String[] image = Images.OPERATOR.split(":(?=[^:/]*$)");
        List<String> install = new ArrayList<>(List.of(
                "helm",
                "install",
                "json",
                OPERATOR.toString(),
                "--namespace",
                namespace.name(),
                "--wait",
                "--timeout"));
        install.add(READY_WITHIN.toSeconds() + "s");
        for (String value : List.of(
                "image.repository=" + image[0],
                "image.tag=" + image[1],
                "crds.enabled=false",
                "watchNamespaces={" + namespace.name() + "}",
                "logFormat=json")) {
            install.addAll(List.of("--set", value));
        }
        Shell.run(install.toArray(String[]::new));
        try {
            String log = Shell.run("kubectl", "-n", namespace.name(), "logs", "deployment/json");
            assertTrue(log.lines().count() > 2, log);
            for (String line : log.split("\n")) {
                JsonNode logged = Kubernetes.JSON.readTree(line);
                assertTrue(logged.has("timestamp") && logged.has("level") && logged.has("message"), line);
            }
            Shell.Result refused = Shell.tryRun(
                    Map.of(),
                    List.of(
                            "helm",
                            "upgrade",
                            "json",
                            OPERATOR.toString(),
                            "--namespace",
                            namespace.name(),
                            "--reuse-values",
                            "--set-json",
                            "watchNamespaces=[]"));
            assertNotEquals(0, refused.exitCode());
            assertTrue(refused.output().contains("changes the Lease from json to raftgres-operator"), refused.output());
        } finally {
            Shell.run("helm", "uninstall", "json", "--namespace", namespace.name());
        }
    }

    /** Installs a cluster with its chart, waits as the notes say, tests it, upgrades it, and uninstalls it. */
    @Test
    void aClusterByItsChart(Namespace namespace) throws Exception {
        List<String> install = new ArrayList<>(
                List.of("helm", "upgrade", "--install", "c", CLUSTER.toString(), "--namespace", namespace.name()));
        for (String value : List.of(
                "replicas=1",
                "image=" + Images.NODE,
                "postgres.image=" + Images.POSTGRES,
                "storage.data.size=1Gi",
                "storage.onDelete=Delete",
                "resources.requests.cpu=50m",
                "resources.limits.memory=640Mi")) {
            install.addAll(List.of("--set", value));
        }
        String notes = Shell.run(install.toArray(String[]::new));
        assertTrue(
                notes.contains("kubectl -n " + namespace.name() + " wait --for=condition=Ready raftcluster/c"), notes);
        Shell.run(
                "kubectl",
                "-n",
                namespace.name(),
                "wait",
                "--for=condition=Ready",
                "raftcluster/c",
                "--timeout=" + READY_WITHIN.toSeconds() + "s");
        String tested = Shell.run("helm", "test", "c", "--namespace", namespace.name(), "--timeout", "90s");
        assertTrue(tested.contains("Succeeded"), tested);
        install.addAll(List.of("--set", "podAnnotations.note=second"));
        Shell.run(install.toArray(String[]::new));
        Shell.run("helm", "uninstall", "c", "--namespace", namespace.name());
        RaftCluster cluster = new RaftCluster(namespace.name(), "c");
        Kubernetes.await(
                "the cluster and its claims to go",
                READY_WITHIN,
                () -> cluster.pods().isEmpty() && cluster.claims().isEmpty() ? true : null);
    }

    private static String render(Path chart, Namespace namespace, List<String> values) throws Exception {
        List<String> line =
                new ArrayList<>(List.of("helm", "template", "c", chart.toString(), "--namespace", namespace.name()));
        values.forEach(value -> line.addAll(List.of("--set", value)));
        // helm reports on the same output that the chart's CRD is a link.
        return Shell.run(line.toArray(String[]::new))
                .lines()
                .filter(each -> !each.contains("symbolic link in path"))
                .collect(Collectors.joining("\n"));
    }

    private void dryRun(Namespace namespace, String manifests) throws Exception {
        Path file = Files.writeString(directory.resolve("manifests.yaml"), manifests);
        Shell.run(
                "kubectl",
                "apply",
                "--server-side",
                "--force-conflicts",
                "--dry-run=server",
                "--namespace",
                namespace.name(),
                "--filename",
                file.toString());
    }

    private static void refused(Path chart, String value, String word) throws IOException, InterruptedException {
        Shell.Result result =
                Shell.tryRun(Map.of(), List.of("helm", "template", "c", chart.toString(), "--set", value));
        assertNotEquals(0, result.exitCode(), value + " was taken");
        assertTrue(result.output().contains(word), () -> value + ": " + result.output());
    }

    private static Stream<String> documents(String yaml) {
        return Stream.of(yaml.split("(?m)^---\\n"));
    }

    private static Set<String> names(String text) {
        Set<String> names = new TreeSet<>();
        Matcher matcher = Pattern.compile("\\braftgres_[a-z_]+").matcher(text);
        while (matcher.find()) {
            names.add(matcher.group());
        }
        return names;
    }
}
