package io.raftgres.operator.apply;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.resource.Names;
import io.raftgres.operator.time.MonotonicClock;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Remembers the writes that were refused: each is reported, counted in {@code raftgres_operator_refused_writes}, and
 * tried again after a pause. The pause doubles from
 * {@link #FIRST_PAUSE} to {@link #LONGEST_PAUSE}. After a change of the spec all of them are tried at once.
 *
 * <p>Only in memory: a restarted operator tries each refused write once more.
 */
@Singleton
public class RefusedWrites {

    static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
    static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /**
     * A write that may be tried and is not, in this time, is not wanted any more. Each round tries one refused step.
     */
    static final Duration KEPT = Duration.ofSeconds(90);

    /** The keys of refusals that were found otherwise than by a write begin with it. */
    static final String FOUND = "found ";

    /** So do those of objects of other programs. */
    private static final String FOREIGN = FOUND + "foreign ";

    private static final int WRITES_MAX = 64;
    private static final int CLUSTERS_MAX = 10_000;

    /** @param due when it may be tried again */
    private record Entry(RefusedWrite write, boolean isStep, Duration pause, Instant due) {}

    private static final class OfCluster {
        private final Names names;
        private long generation;
        /** A write whose entry was dropped is tried once more. */
        private final Map<String, Entry> entries = new BoundedMap<>(WRITES_MAX);

        OfCluster(Names names) {
            this.names = names;
        }
    }

    private final InstantSource clock;
    private final MultiGauge gauge;
    private final Map<String, OfCluster> clusters = new BoundedMap<>(CLUSTERS_MAX);

    @Inject
    public RefusedWrites(MeterRegistry registry) {
        this(registry, MonotonicClock.CLOCK);
    }

    RefusedWrites(MeterRegistry registry, InstantSource clock) {
        this.clock = clock;
        this.gauge = MultiGauge.builder("raftgres.operator.refused.writes")
                .description("Writes that are refused and that the operator tries again, by kind of object")
                .register(registry);
    }

    /** @return whether the write is not waiting for the end of a pause */
    synchronized boolean mayTry(RaftCluster cluster, String key) {
        Entry entry = entries(cluster).get(key);
        return entry == null || isDue(entry);
    }

    /** @return whether every refused write of the cluster waits for the end of its pause */
    synchronized boolean isNoneDue(RaftCluster cluster) {
        return entries(cluster).values().stream().noneMatch(this::isDue);
    }

    /** @return whether the write stands refused */
    synchronized boolean isRefused(RaftCluster cluster, String key) {
        return entries(cluster).containsKey(key);
    }

    private boolean isDue(Entry entry) {
        return !entry.due().isAfter(clock.instant());
    }

    /** @param key identifies the write: the key of a step, or kind and name of an object */
    synchronized void refused(RaftCluster cluster, String key, RefusedWrite write, boolean isStep) {
        Map<String, Entry> entries = entries(cluster);
        Entry before = entries.remove(key);
        Duration pause = before == null || before.pause().isZero()
                ? FIRST_PAUSE
                : shorter(before.pause().multipliedBy(2), LONGEST_PAUSE);
        entries.put(key, new Entry(write, isStep, pause, clock.instant().plus(pause)));
        showAll();
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /**
     * Keeps the writes in a round that tries none, for example because the RaftCluster is paused: they stand refused.
     * A refusal that was found may be over.
     */
    public synchronized void untried(RaftCluster cluster) {
        OfCluster of = clusters.get(cluster.getMetadata().getUid());
        if (of != null) {
            Instant now = clock.instant();
            of.entries.replaceAll((key, it) ->
                    isDue(it) && !key.startsWith(FOUND) ? new Entry(it.write(), it.isStep(), it.pause(), now) : it);
        }
    }

    synchronized void succeeded(RaftCluster cluster, String key) {
        if (entries(cluster).remove(key) != null) {
            showAll();
        }
    }

    /**
     * Remembers the objects of other programs that have names of the cluster, in place of those before: no write of
     * them is tried.
     */
    public synchronized void observed(RaftCluster cluster, List<RefusedWrite> foreign) {
        Map<String, Entry> entries = entries(cluster);
        boolean changed = entries.keySet().removeIf(key -> key.startsWith(FOREIGN));
        Instant later = clock.instant().plus(LONGEST_PAUSE);
        for (RefusedWrite write : foreign) {
            entries.put(FOREIGN + write.kind() + "/" + write.name(), new Entry(write, false, Duration.ZERO, later));
            changed = true;
        }
        if (changed) {
            showAll();
        }
    }

    /** @return the writes that stand refused */
    public synchronized List<RefusedWrite> of(RaftCluster cluster) {
        return entries(cluster).entrySet().stream()
                .map(each -> {
                    Entry entry = each.getValue();
                    RefusedWrite write = entry.write();
                    Optional<String> step = entry.isStep() ? Optional.of(each.getKey()) : Optional.empty();
                    return new RefusedWrite(
                            write.kind(), write.name(), write.reason(), write.sentence(), step, isDue(entry));
                })
                .toList();
    }

    /** @param uid of a RaftCluster that is gone */
    public synchronized void forget(String uid) {
        if (clusters.remove(uid) != null) {
            showAll();
        }
    }

    private Map<String, Entry> entries(RaftCluster cluster) {
        String uid = cluster.getMetadata().getUid();
        Names names = Names.of(cluster);
        Instant now = clock.instant();
        // A RaftCluster that was deleted is not reconciled again: others end what is left of it.
        boolean ended = clusters.entrySet()
                .removeIf(each ->
                        each.getValue().names.equals(names) && !each.getKey().equals(uid));
        OfCluster of = clusters.computeIfAbsent(uid, it -> new OfCluster(names));
        long generation =
                Optional.ofNullable(cluster.getMetadata().getGeneration()).orElse(0L);
        if (of.generation != generation) {
            of.generation = generation;
            of.entries.replaceAll((key, it) -> new Entry(it.write(), it.isStep(), Duration.ZERO, now));
        }
        for (OfCluster each : clusters.values()) {
            ended |= each.entries.values().removeIf(this::isUnwanted);
        }
        clusters.values().removeIf(each -> each != of && each.entries.isEmpty());
        if (ended) {
            showAll();
        }
        return of.entries;
    }

    private boolean isUnwanted(Entry entry) {
        return entry.due().plus(KEPT).isBefore(clock.instant());
    }

    private record Row(Names names, String kind) {}

    private void showAll() {
        gauge.register(
                clusters.values().stream()
                        .flatMap(of -> of.entries.values().stream()
                                .map(entry -> new Row(of.names, entry.write().kind())))
                        .distinct()
                        .map(row -> MultiGauge.Row.of(tags(row), () -> count(row)))
                        .toList(),
                true);
    }

    private static Tags tags(Row row) {
        return Tags.of(
                "namespace", row.names().namespace(),
                "raftgres_io_cluster", row.names().cluster(),
                "kind", row.kind());
    }

    /** Counts when the metric is read: of the last RaftCluster, once it is deleted, nothing is reconciled any more. */
    private synchronized long count(Row row) {
        return clusters.values().stream()
                .filter(of -> of.names.equals(row.names()))
                .flatMap(of -> of.entries.values().stream())
                .filter(entry -> entry.write().kind().equals(row.kind()) && !isUnwanted(entry))
                .count();
    }
}
