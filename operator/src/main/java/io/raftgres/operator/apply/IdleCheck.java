package io.raftgres.operator.apply;

import static io.raftgres.operator.time.MonotonicClock.CLOCK;

import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.observe.ObjectReader;
import io.raftgres.operator.plan.Step;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Decides from the caches whether a reconciliation would write nothing but the status. Otherwise the reconciler reads
 * all again, from the API server, and plans from that: a cache alone never leads to a change. A late cache only makes
 * the operator late.
 *
 * <p>These reconciliations read the API server in any case: the first one of a RaftCluster after the start of the
 * operator, those of a new spec, those after a step, while an object of another program has a name of the cluster, and
 * one every 20 to 40 minutes.
 */
@ApplicationScoped
public class IdleCheck {

    private static final Duration SETTLED_LEAST = Duration.ofMinutes(20);
    private static final long SETTLED_MORE_SECONDS = 1200;
    private static final int CLUSTERS_MAX = 10_000;

    private record Settled(Long generation, Instant until) {}

    /** By the uid of the RaftCluster: the last reconciliation from the API server, if it took no step. */
    private final Map<String, Settled> settled = new ConcurrentHashMap<>();

    @Inject
    SupportingResources supporting;

    @Inject
    MemberServices memberServices;

    @Inject
    DataDeletion deletion;

    @Inject
    RefusedWrites refused;

    /** @param live the observation from the caches, of which the step was planned */
    public boolean isIdle(RaftCluster cluster, Live live, Observed seen, Step step, ObjectReader cached) {
        return isNoAction(step)
                && isSettled(cluster)
                && refused.isNoneDue(cluster)
                && deletion.isPrepared(cluster, live.claims())
                && (cluster.getSpec().paused()
                        || memberServices.isIdle(cluster, live, cached)
                                && supporting.isUpToDate(cluster, live, seen, step, cached));
    }

    /**
     * @param live as the API server has it
     * @param step planned from it
     */
    public void settle(RaftCluster cluster, Live live, Step step) {
        String uid = cluster.getMetadata().getUid();
        // The caches do not show objects of other programs.
        if (!isNoAction(step) || !live.foreign().isEmpty()) {
            settled.remove(uid);
            return;
        }
        if (settled.size() >= CLUSTERS_MAX) {
            settled.clear();
        }
        Duration kept = SETTLED_LEAST.plusSeconds(ThreadLocalRandom.current().nextLong(SETTLED_MORE_SECONDS));
        settled.put(
                uid,
                new Settled(
                        cluster.getMetadata().getGeneration(), CLOCK.instant().plus(kept)));
    }

    private boolean isSettled(RaftCluster cluster) {
        Settled last = settled.get(cluster.getMetadata().getUid());
        return last != null
                && last.generation().equals(cluster.getMetadata().getGeneration())
                && last.until().isAfter(CLOCK.instant());
    }

    private static boolean isNoAction(Step step) {
        return step instanceof Step.Wait || step instanceof Step.Done;
    }
}
