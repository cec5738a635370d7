package io.raftgres.e2e.kubernetes;

import static io.raftgres.e2e.kubernetes.Kubernetes.CLIENT;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Prints the information that an engineer needs to understand a failed test. */
final class Diagnostics {
    private Diagnostics() {}

    private static final String LINES = "--tail=60";

    static void print(String namespace, Operator operator) {
        kubectl("-n", namespace, "get", "raftclusters", "-o", "yaml");
        kubectl(
                "-n",
                namespace,
                "get",
                "statefulsets,pods,pvc,services,endpointslices,poddisruptionbudgets",
                "-o",
                "wide");
        kubectl("-n", namespace, "get", "events", "--sort-by=.lastTimestamp");
        try {
            for (Pod pod : CLIENT.pods().inNamespace(namespace).list().getItems()) {
                logs(namespace, pod);
            }
            if (operator != null) {
                System.out.println("---- the operator's log\n" + operator.log());
            }
        } catch (Exception e) {
            System.out.println("more could not be learnt: " + e);
        }
    }

    private static void logs(String namespace, Pod pod) {
        String name = pod.getMetadata().getName();
        kubectl("-n", namespace, "logs", name, "--all-containers", "--prefix", LINES);
        if (pod.getStatus().getContainerStatuses().stream().anyMatch(status -> status.getRestartCount() > 0)) {
            kubectl("-n", namespace, "logs", name, "-c", "node", "--previous", LINES);
        }
        if (!"Running".equals(pod.getStatus().getPhase())) {
            kubectl("-n", namespace, "describe", "pod", name);
        }
    }

    private static void kubectl(String... arguments) {
        List<String> line = new ArrayList<>(List.of("kubectl"));
        line.addAll(List.of(arguments));
        System.out.println("---- " + String.join(" ", line));
        try {
            System.out.println(Shell.tryRun(Map.of(), line).output());
        } catch (Exception e) {
            System.out.println("it failed: " + e);
        }
    }
}
