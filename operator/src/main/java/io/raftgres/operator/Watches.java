package io.raftgres.operator;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Constants;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.health.InformerHealthIndicator;
import io.javaoperatorsdk.operator.health.InformerWrappingEventSourceHealthIndicator;
import io.javaoperatorsdk.operator.processing.event.EventSourceRetriever;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.resource.Names;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The watches of the objects that have a cluster's label. A change of any of them starts a reconciliation. */
final class Watches {

    private static final List<Class<? extends HasMetadata>> TYPES = List.of(
            Pod.class,
            StatefulSet.class,
            PersistentVolumeClaim.class,
            ConfigMap.class,
            Service.class,
            ServiceAccount.class,
            PodDisruptionBudget.class);

    private Watches() {}

    static List<EventSource<?, RaftCluster>> of(EventSourceContext<RaftCluster> context) {
        return TYPES.stream()
                .<EventSource<?, RaftCluster>>map(type -> source(type, context))
                .toList();
    }

    private static <R extends HasMetadata> EventSource<R, RaftCluster> source(
            Class<R> type, EventSourceContext<RaftCluster> context) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(type, RaftCluster.class)
                        // The health check names it.
                        .withName(type.getSimpleName())
                        // The same selector as that of the observer's lists: the cache has what they return.
                        .withLabelSelector(Names.CLUSTER_LABEL)
                        .withSecondaryToPrimaryMapper(one -> Set.of(new ResourceID(
                                one.getMetadata().getLabels().get(Names.CLUSTER_LABEL),
                                one.getMetadata().getNamespace())))
                        .withNamespacesInheritedFromController()
                        .build(),
                context);
    }

    /**
     * @return whether every cache of the namespace, that of the RaftClusters included, follows its watch. Without it a
     *     cache stays as it was: the connection is closed, or the role does not permit to list and watch the kind. A
     *     connection that is lost without a sign counts until {@link ApiConnections} closes it.
     */
    static boolean areConnected(EventSourceRetriever<RaftCluster> sources, String namespace) {
        return Stream.concat(
                        Stream.of(sources.getControllerEventSource()),
                        TYPES.stream().flatMap(type -> sources.getEventSourcesFor(type).stream()))
                .allMatch(source -> isConnected(source, namespace));
    }

    /** The watches of other namespaces do not matter: one may have been deleted, or have no Role. */
    static boolean isConnected(Object source, String namespace) {
        if (!(source instanceof InformerWrappingEventSourceHealthIndicator<?> informers)) {
            return false;
        }
        Map<String, InformerHealthIndicator> all = informers.informerHealthIndicators();
        InformerHealthIndicator informer = all.getOrDefault(namespace, all.get(Constants.WATCH_ALL_NAMESPACES));
        return informer != null && informer.isRunning() && informer.hasSynced() && informer.isWatching();
    }
}
