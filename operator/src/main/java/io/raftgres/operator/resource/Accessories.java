package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Builds the objects around the pods: their service account, their disruption budget, and their PodMonitor. */
public final class Accessories {

    public static final String MONITOR_API = "monitoring.coreos.com/v1";

    private Accessories() {}

    /** A service account without any rights; its token is in no pod. */
    public static ServiceAccount account(RaftCluster cluster) {
        Names names = Names.of(cluster);
        return new ServiceAccountBuilder()
                .withMetadata(names.metadata(names.cluster(), cluster))
                .withAutomountServiceAccountToken(false)
                .build();
    }

    /**
     * Lets a drain evict one member at a time. A cluster of one member has no budget: its machine could never be
     * drained.
     */
    public static Optional<PodDisruptionBudget> budget(RaftCluster cluster) {
        if (cluster.getSpec().replicas() == 1) {
            return Optional.empty();
        }
        Names names = Names.of(cluster);
        return Optional.of(new PodDisruptionBudgetBuilder()
                .withMetadata(names.metadata(names.cluster(), cluster))
                .withNewSpec()
                .withNewMaxUnavailable(1)
                // A pod that does not run counts as unavailable already, so it may always be evicted.
                .withUnhealthyPodEvictionPolicy("IfHealthyBudget")
                .withNewSelector()
                .withMatchLabels(names.selector())
                .endSelector()
                .endSpec()
                .build());
    }

    /** A PodMonitor for the Prometheus operator. Not every Kubernetes cluster has this kind. */
    public static Optional<GenericKubernetesResource> monitor(RaftCluster cluster) {
        if (!cluster.getSpec().podMonitor().enabled()) {
            return Optional.empty();
        }
        Names names = Names.of(cluster);
        GenericKubernetesResource monitor = new GenericKubernetesResource();
        monitor.setApiVersion(MONITOR_API);
        monitor.setKind("PodMonitor");
        monitor.setMetadata(names.metadata(names.cluster(), cluster));
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
}
