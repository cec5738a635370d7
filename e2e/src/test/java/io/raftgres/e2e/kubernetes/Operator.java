package io.raftgres.e2e.kubernetes;

import static io.raftgres.e2e.kubernetes.Kubernetes.CLIENT;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The operator, installed with its chart, once for all tests of a run, and uninstalled at the end. */
final class Operator implements AutoCloseable {

    static final String NAMESPACE = "raftgres-e2e-operator";
    private static final String NAME = "raftgres-operator";
    private static final Duration READY_WITHIN = Duration.ofSeconds(90);

    private Operator() {}

    static Operator installed() {
        String[] image = Images.OPERATOR.split(":(?=[^:/]*$)");
        try {
            // Not with the chart: an existing definition need not belong to this release.
            Shell.run(
                    "kubectl",
                    "apply",
                    "--server-side",
                    "--force-conflicts",
                    "-k",
                    root().resolve("crds").toString());
            Shell.run(
                    "helm",
                    "upgrade",
                    "--install",
                    NAME,
                    root().resolve("helm/raftgres-operator").toString(),
                    "--namespace",
                    NAMESPACE,
                    "--create-namespace",
                    "--wait",
                    "--timeout",
                    "90s",
                    "--set",
                    "image.repository=" + image[0],
                    "--set",
                    "image.tag=" + image[1],
                    "--set",
                    "image.pullPolicy=IfNotPresent",
                    "--set",
                    "crds.enabled=false");
            return new Operator();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static Path root() {
        Path here = Path.of("").toAbsolutePath();
        return Files.exists(here.resolve("raftgres")) ? here : here.getParent();
    }

    List<Pod> pods() {
        return CLIENT.pods()
                .inNamespace(NAMESPACE)
                .withLabel("app.kubernetes.io/name", NAME)
                .list()
                .getItems();
    }

    /** Kills the operator's pod at once; its Deployment starts another. */
    void kill() {
        pods().forEach(pod -> kill(pod.getMetadata().getName()));
    }

    void kill(String pod) {
        CLIENT.pods().inNamespace(NAMESPACE).withName(pod).withGracePeriod(0).delete();
    }

    /** @return the pod that holds the Lease; empty before any pod holds it */
    String working() {
        return CLIENT.leases().inNamespace(NAMESPACE).list().getItems().stream()
                .map(lease -> lease.getSpec().getHolderIdentity())
                .filter(holder -> holder != null && !holder.isEmpty())
                // The holder is the pod's name and an id of the process.
                .map(holder -> holder.substring(0, holder.length() - 37))
                .findFirst()
                .orElse("");
    }

    /** Returns when exactly this number of pods exists and all are ready. */
    void scale(int replicas) throws Exception {
        CLIENT.apps().deployments().inNamespace(NAMESPACE).withName(NAME).scale(replicas);
        Kubernetes.await(
                replicas + " operators",
                READY_WITHIN,
                () -> pods().size() == replicas && ready() == replicas ? true : null);
    }

    void awaitReady() throws Exception {
        Kubernetes.await("the operator to be ready", READY_WITHIN, () -> ready() > 0 ? true : null);
    }

    private long ready() {
        return pods().stream().filter(RaftCluster::ready).count();
    }

    /** @return the last lines of its log */
    String log() throws IOException, InterruptedException {
        return Shell.run(
                "kubectl", "-n", NAMESPACE, "logs", "-l", "app.kubernetes.io/name=" + NAME, "--tail=150", "--prefix");
    }

    @Override
    public void close() throws Exception {
        Shell.run("helm", "uninstall", NAME, "--namespace", NAMESPACE, "--wait", "--timeout", "60s");
        CLIENT.namespaces().withName(NAMESPACE).delete();
    }
}
