package io.raftgres.operator.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.raftgres.operator.resource.Names;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Exports the conditions of each RaftCluster as {@code raftgres_operator_condition}: 1 when True, otherwise 0. An alert
 * on the nodes' own metrics cannot fire when no node is left. A hibernated cluster has none of these series.
 */
@ApplicationScoped
public class ConditionMetrics {

    private record Series(Meter meter, AtomicInteger value) {}

    @Inject
    MeterRegistry registry;

    /** By cluster and type: as many as there are RaftClusters. */
    private final Map<Names, Map<String, Series>> clusters = new ConcurrentHashMap<>();

    public void show(Names names, List<Condition> conditions) {
        Map<String, Series> series = clusters.computeIfAbsent(names, it -> new ConcurrentHashMap<>());
        for (Condition condition : conditions) {
            series.computeIfAbsent(condition.getType(), type -> series(names, type))
                    .value()
                    .set("True".equals(condition.getStatus()) ? 1 : 0);
        }
    }

    /** The RaftCluster is gone, or hibernates. */
    public void forget(Names names) {
        Map<String, Series> series = clusters.remove(names);
        if (series != null) {
            series.values().forEach(each -> registry.remove(each.meter()));
        }
    }

    private Series series(Names names, String type) {
        AtomicInteger value = new AtomicInteger();
        Meter meter = Gauge.builder("raftgres.operator.condition", value, AtomicInteger::get)
                .description("Conditions of each RaftCluster: 1 when True, otherwise 0; absent while it hibernates")
                .tag("namespace", names.namespace())
                .tag("raftgres_io_cluster", names.cluster())
                .tag("type", type)
                .register(registry);
        return new Series(meter, value);
    }
}
