package io.raftgres.operator.apply;

import static io.raftgres.operator.time.MonotonicClock.CLOCK;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.resource.Hash;
import io.raftgres.operator.resource.PodMonitors;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Remembers for some time that a PodMonitor is as wanted. PodMonitors have no informer, because not every Kubernetes
 * has the kind: without this memory each reconciliation would ask for the kind and for the object.
 */
@ApplicationScoped
public class PodMonitorChecks {

    private static final Duration KIND_KEPT = Duration.ofMinutes(1);

    /** A change of a PodMonitor by another program is repaired after at most this time. */
    private static final Duration KEPT = Duration.ofMinutes(30);

    private static final int CLUSTERS_MAX = 10_000;

    private record Kind(boolean known, Instant until) {}

    private record Check(String wanted, Instant until) {}

    @Inject
    KubernetesClient client;

    private volatile Kind kind = new Kind(false, Instant.MIN);

    /** By the uid of the RaftCluster. */
    private final Map<String, Check> checks = new ConcurrentHashMap<>();

    /** @return whether this Kubernetes has PodMonitors */
    public boolean isKindKnown() {
        Kind last = kind;
        Instant now = CLOCK.instant();
        if (last.until().isBefore(now)) {
            last = new Kind(client.getApiResources(PodMonitors.API) != null, now.plus(KIND_KEPT));
            kind = last;
        }
        return last.known();
    }

    boolean isChecked(RaftCluster cluster) {
        Check last = checks.get(cluster.getMetadata().getUid());
        return last != null
                && last.until().isAfter(CLOCK.instant())
                && last.wanted().equals(wanted(cluster));
    }

    void checked(RaftCluster cluster) {
        if (checks.size() >= CLUSTERS_MAX) {
            checks.clear();
        }
        // Nobody but the operator makes one, so a PodMonitor that is not wanted stays away.
        boolean isWanted = PodMonitors.build(cluster).isPresent();
        checks.put(
                cluster.getMetadata().getUid(),
                new Check(wanted(cluster), isWanted ? CLOCK.instant().plus(KEPT) : Instant.MAX));
    }

    private String wanted(RaftCluster cluster) {
        return isKindKnown()
                + PodMonitors.build(cluster)
                        .map(GenericKubernetesResource.class::cast)
                        .map(Hash::of)
                        .orElse("none");
    }
}
