package io.raftgres.e2e.kubernetes;

import static io.raftgres.e2e.kubernetes.Kubernetes.CLIENT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.authorization.v1.ResourceRule;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectRulesReviewBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
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

/**
 * Compares the operator's permissions, as the API server reports them, with the calls that the operator counts. No call
 * is refused, and no permission is unused. A permission is written {@code verb group/resource}.
 */
@OnKubernetes
class RbacIT {

    private static final Duration PATIENCE = Duration.ofSeconds(180);
    private static final Pattern CALLS =
            Pattern.compile("^raftgres_operator_api_calls_total\\{(.*)} .*$", Pattern.MULTILINE);

    /**
     * Permissions that are used, but not always within the time of a test: an event that is repeated after a minute
     * gets a higher count, and events are listed while a pod is missing. Also the permission to update its Lease: the
     * framework does not start without it.
     */
    private static final Set<String> BESIDES =
            Set.of("patch /events", "list /events", "update coordination.k8s.io/leases");

    @TempDir
    private Path directory;

    @Test
    void operatorIsGrantedOnlyThePermissionsItUses(Namespace namespace, Operator operator) throws Exception {
        boolean stood = standInForPrometheus();
        // A Lease that a former operator has left is not created again.
        operator.scale(0);
        Shell.run("kubectl", "--namespace", Operator.NAMESPACE, "delete", "lease", "--all");
        operator.scale(1);
        try {
            live(new RaftCluster(namespace.name(), "c"));
            Set<String> used = used(operator);
            Set<String> granted = granted("raftgres-operator", Operator.NAMESPACE, namespace.name());
            granted.addAll(granted("raftgres-operator", Operator.NAMESPACE, Operator.NAMESPACE));
            System.out.println("--> uses " + used);
            Set<String> everyAccount = rights(account("default", Operator.NAMESPACE), Operator.NAMESPACE);
            assertEquals(Set.of(), without(without(used, granted), everyAccount), "used, and not granted");
            assertEquals(Set.of(), without(without(granted, used), BESIDES), "granted, and not used");
            String log = operator.log();
            assertFalse(log.contains("orbidden"), log);
        } finally {
            if (stood) {
                Shell.run("kubectl", "delete", "crd", "podmonitors.monitoring.coreos.com");
            }
        }
    }

    @Test
    void unneededPermissionsAreDenied(Namespace namespace) throws Exception {
        for (String never : List.of(
                "get secrets",
                "list secrets",
                "create pods --subresource=exec",
                "get nodes",
                "list namespaces",
                "get customresourcedefinitions.apiextensions.k8s.io",
                "create clusterrolebindings.rbac.authorization.k8s.io",
                "create rolebindings.rbac.authorization.k8s.io",
                "impersonate users",
                "create serviceaccounts --subresource=token",
                "create persistentvolumeclaims",
                "create raftclusters.raftgres.io",
                "update raftclusters.raftgres.io",
                "delete raftclusters.raftgres.io",
                "deletecollection pods")) {
            List<String> line = new ArrayList<>(List.of(
                    "kubectl",
                    "auth",
                    "can-i",
                    "--namespace",
                    namespace.name(),
                    "--as",
                    account("raftgres-operator", Operator.NAMESPACE)));
            line.addAll(List.of(never.split(" ")));
            Shell.Result result = Shell.tryRun(Map.of(), line);
            assertTrue(result.exitCode() == 1 && result.output().contains("no"), never + ": " + result.output());
        }
    }

    /** With watchNamespaces the operator has the same permissions in these namespaces, and none in others. */
    @Test
    void watchNamespacesNarrowItDown(Namespace own) throws Exception {
        try (Namespace watched = Namespace.create("rbac-watched");
                Namespace other = Namespace.create("rbac-other")) {
            String rendered = Shell.run(
                    "helm",
                    "template",
                    "narrow",
                    Operator.root().resolve("helm/raftgres-operator").toString(),
                    "--namespace",
                    own.name(),
                    "--set",
                    "watchNamespaces={" + watched.name() + "}");
            String rights = Stream.of(rendered.split("(?m)^---\\n"))
                    .filter(each -> Pattern.compile("(?m)^kind: (ServiceAccount|(Cluster)?Role(Binding)?)$")
                            .matcher(each)
                            .find())
                    .collect(Collectors.joining("\n---\n"));
            Path file = Files.writeString(directory.resolve("rights.yaml"), rights);
            Shell.run("kubectl", "apply", "--filename", file.toString());
            try {
                Set<String> wide = granted("raftgres-operator", Operator.NAMESPACE, watched.name());
                assertEquals(wide, granted("narrow", own.name(), watched.name()));
                assertEquals(Set.of("get storage.k8s.io/storageclasses"), granted("narrow", own.name(), other.name()));
            } finally {
                Shell.run("kubectl", "delete", "--filename", file.toString());
            }
        }
    }

    /** Uses every function of the operator once. */
    private static void live(RaftCluster cluster) throws Exception {
        String base = "podMonitor: {enabled: true}\n";
        cluster.apply(base + "replicas: 1");
        cluster.awaitSettled(1);
        // Monitoring is off: the operator deletes the PodMonitor. Later it deletes the members' Services.
        cluster.apply("replicas: 3\nservices: {members: {}}");
        cluster.awaitSettled(3);
        String leader = cluster.leader();
        cluster.apply("replicas: 3\npodAnnotations: {restarted: 'yes'}");
        cluster.await(
                "all pods to be replaced",
                PATIENCE,
                () -> cluster.pods().stream()
                        .allMatch(pod ->
                                "yes".equals(pod.getMetadata().getAnnotations().get("restarted"))));
        cluster.awaitSettled(3);
        System.out.println("--> led by " + leader + ", then by " + cluster.leader());
        String last = "replicas: 1\npodAnnotations: {restarted: 'yes'}";
        if (claimsCanGrow(cluster)) {
            last += "\nstorage: {data: {size: 2Gi}}";
        }
        cluster.apply(last);
        cluster.awaitSettled(1);
        String lost = cluster.status().path("clusterId").asText();
        // The operator refuses a recovery as long as there is a leader.
        cluster.apply(last + "\nimage: 'raftgres/node:does-not-exist'");
        cluster.await(
                "the only node to be unavailable",
                PATIENCE,
                () -> !cluster.status().has("leader")
                        && cluster.status().path("readyReplicas").asInt() == 0);
        cluster.apply(last + "\nrecovery: {forceNewCluster: {member: c-0, clusterId: '" + lost + "'}}");
        cluster.await(
                "the recovery",
                PATIENCE,
                () -> cluster.status().path("recoveredFrom").asText().equals(lost));
        cluster.awaitSettled(1);
        cluster.patch("spec: {storage: {onDelete: Delete}}");
        cluster.awaitSettled(1);
        cluster.delete();
        cluster.await("the claims to be gone", PATIENCE, () -> cluster.claims().isEmpty());
    }

    private static boolean claimsCanGrow(RaftCluster cluster) {
        return cluster.claims().values().stream()
                .allMatch(claim -> Boolean.TRUE.equals(CLIENT.storage()
                        .v1()
                        .storageClasses()
                        .withName(claim.getSpec().getStorageClassName())
                        .get()
                        .getAllowVolumeExpansion()));
    }

    private static Set<String> used(Operator operator) throws Exception {
        Set<String> used = new TreeSet<>();
        for (var pod : operator.pods()) {
            Matcher calls = CALLS.matcher(Shell.run(
                    "kubectl",
                    "get",
                    "--raw",
                    "/api/v1/namespaces/" + Operator.NAMESPACE + "/pods/"
                            + pod.getMetadata().getName() + ":8080/proxy/metrics"));
            while (calls.find()) {
                String object = " " + label(calls.group(1), "group") + "/" + label(calls.group(1), "resource");
                String verb = label(calls.group(1), "verb");
                used.add((verb.equals("apply") ? "patch" : verb) + object);
                if (verb.equals("apply") && !object.endsWith("/status")) {
                    used.add("create" + object);
                }
            }
        }
        assertFalse(used.isEmpty(), "the operator counts no calls");
        return used;
    }

    private static String label(String labels, String name) {
        Matcher matcher = Pattern.compile("(^|,)" + name + "=\"([^\"]*)\"").matcher(labels);
        assertTrue(matcher.find(), name + " in " + labels);
        return matcher.group(2);
    }

    private static String account(String name, String namespace) {
        return "system:serviceaccount:" + namespace + ":" + name;
    }

    /** @return permissions of a service account in a namespace, without those of every service account */
    private static Set<String> granted(String account, String accountNamespace, String namespace) {
        return without(
                rights(account(account, accountNamespace), namespace),
                rights(account("default", accountNamespace), namespace));
    }

    private static Set<String> rights(String user, String namespace) {
        String accounts = "system:serviceaccounts";
        var config = new ConfigBuilder(CLIENT.getConfiguration())
                .withImpersonateUsername(user)
                .withImpersonateGroups(accounts, accounts + ":" + user.split(":")[2], "system:authenticated")
                .build();
        Set<String> rights = new TreeSet<>();
        try (KubernetesClient as =
                new KubernetesClientBuilder().withConfig(config).build()) {
            var review = as.authorization()
                    .v1()
                    .selfSubjectRulesReview()
                    .create(new SelfSubjectRulesReviewBuilder()
                            .withNewSpec()
                            .withNamespace(namespace)
                            .endSpec()
                            .build());
            for (ResourceRule rule : review.getStatus().getResourceRules()) {
                for (String group : rule.getApiGroups()) {
                    for (String resource : rule.getResources()) {
                        rule.getVerbs().forEach(verb -> rights.add(verb + " " + group + "/" + resource));
                    }
                }
            }
        }
        return rights;
    }

    private static Set<String> without(Set<String> all, Set<String> some) {
        Set<String> rest = new TreeSet<>(all);
        rest.removeAll(some);
        return rest;
    }

    /**
     * Kubernetes itself does not define PodMonitors. If they are unknown, the test installs a definition that accepts
     * any content.
     */
    private boolean standInForPrometheus() throws Exception {
        if (CLIENT.apiextensions()
                        .v1()
                        .customResourceDefinitions()
                        .withName("podmonitors.monitoring.coreos.com")
                        .get()
                != null) {
            return false;
        }
        Path file = Files.writeString(directory.resolve("podmonitors.yaml"), """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: podmonitors.monitoring.coreos.com}
                spec:
                  group: monitoring.coreos.com
                  scope: Namespaced
                  names: {kind: PodMonitor, plural: podmonitors, singular: podmonitor}
                  versions:
                    - name: v1
                      served: true
                      storage: true
                      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
                """);
        Shell.run("kubectl", "apply", "--filename", file.toString());
        Shell.run("kubectl", "wait", "--for=condition=Established", "crd/podmonitors.monitoring.coreos.com");
        return true;
    }
}
