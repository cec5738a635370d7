package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Builds the PodMonitor of a cluster. */
public final class PodMonitors {

    public static final String API = "monitoring.coreos.com/v1";

    private PodMonitors() {}

    /** A PodMonitor for the Prometheus operator. Not every Kubernetes cluster has this kind. */
    public static Optional<GenericKubernetesResource> build(RaftCluster cluster) {
        if (!cluster.getSpec().podMonitor().enabled()) {
            return Optional.empty();
        }
        Names names = Names.of(cluster);
        GenericKubernetesResource monitor = withoutSpec(cluster);
        ObjectMeta metadata = monitor.getMetadata();
        Map<String, String> labels = cluster.getSpec().podMonitor().labels();
        if (labels != null) {
            metadata.setLabels(new TreeMap<>(metadata.getLabels()));
            metadata.getLabels().putAll(labels);
        }
        monitor.setAdditionalProperty(
                "spec",
                Map.of(
                        "podTargetLabels", List.of(Names.CLUSTER_LABEL),
                        "selector", Map.of("matchLabels", names.selector()),
                        "podMetricsEndpoints",
                                List.of(Map.of(
                                        "port",
                                        "http",
                                        "path",
                                        "/metrics",
                                        "interval",
                                        cluster.getSpec().podMonitor().interval()))));
        return Optional.of(monitor);
    }

    /** The PodMonitor by its name and labels alone, as far as a deletion needs it. */
    public static GenericKubernetesResource withoutSpec(RaftCluster cluster) {
        Names names = Names.of(cluster);
        GenericKubernetesResource monitor = new GenericKubernetesResource();
        monitor.setApiVersion(API);
        monitor.setKind("PodMonitor");
        monitor.setMetadata(names.metadata(names.cluster(), cluster));
        return monitor;
    }
}
