package io.raftgres.node.service.lease;

import io.raftgres.node.kv.Leases;
import io.raftgres.node.kv.Limits;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The leader's clock of leases: it knows when each lease expires. None of this is replicated. A new leader restarts the
 * full TTL of every lease. So neither a change of the leader nor a leader's clock ends a lease early.
 *
 * <p>Used by any thread; no method blocks.
 */
final class Lessor implements Leases.Listener {

    private static final int DEADLINES_SPARE = 1_024;

    /** @param nanos time of the next check; the lease's timing decides, and may be later */
    private record Deadline(long lease, long nanos) {}

    private static final class Timing {
        private final long ttlSeconds;
        private long deadlineNanos;
        /** Not null: the lease has expired. It cannot be renewed any more: its end may be in the log already. */
        private CompletableFuture<Void> ending;
        /** Its end has been proposed and is not committed yet. */
        private boolean proposed;

        Timing(long ttlSeconds, long now) {
            this.ttlSeconds = ttlSeconds;
            begin(now);
        }

        void begin(long now) {
            deadlineNanos = now + TimeUnit.SECONDS.toNanos(Math.min(ttlSeconds, Limits.MAX_TTL_SECONDS));
        }
    }

    /** The state of a lease as this node knows it. */
    sealed interface Time {
        /** @param leftMillis never negative */
        record Running(long ttlSeconds, long leftMillis) implements Time {}

        record Absent() implements Time {}

        /** @param decided completes when the lease has ended, or this node has lost leadership: then ask again */
        record Ending(CompletionStage<Void> decided) implements Time {}

        record NotLeading() implements Time {}
    }

    private final Leases leases;
    private final LongSupplier nanoTime;
    private final Map<Long, Timing> timings = new HashMap<>();
    private final PriorityQueue<Deadline> deadlines =
            new PriorityQueue<>((one, other) -> Long.signum(one.nanos() - other.nanos()));
    private long term;

    /** @param nanoTime clock, such as System.nanoTime */
    Lessor(Leases leases, LongSupplier nanoTime) {
        this.leases = leases;
        this.nanoTime = nanoTime;
    }

    /** Called when this node becomes the leader: the full TTL of every lease restarts. */
    synchronized void lead(long newTerm) {
        follow();
        term = newTerm;
        leases.all().forEach(this::begin);
    }

    /** Called when this node loses leadership. */
    synchronized void follow() {
        term = 0;
        List<Timing> former = List.copyOf(timings.values());
        timings.clear();
        deadlines.clear();
        former.forEach(Lessor::decided);
    }

    private static void decided(Timing timing) {
        if (timing.ending != null) {
            timing.ending.complete(null);
        }
    }

    private void begin(long lease, long ttlSeconds) {
        Timing timing = new Timing(ttlSeconds, nanoTime.getAsLong());
        timings.put(lease, timing);
        deadlines.add(new Deadline(lease, timing.deadlineNanos));
    }

    @Override
    public synchronized void granted(long lease, long ttlSeconds) {
        if (term != 0) {
            begin(lease, ttlSeconds);
        }
    }

    @Override
    public synchronized void ended(long lease) {
        Timing timing = timings.remove(lease);
        if (timing != null) {
            decided(timing);
            forgetEnded();
        }
    }

    /**
     * Removes deadlines of leases that have ended: by themselves they would be removed only at their time, which may be
     * very late.
     */
    private void forgetEnded() {
        if (deadlines.size() > 2 * timings.size() + DEADLINES_SPARE) {
            deadlines.clear();
            timings.forEach((lease, timing) -> deadlines.add(new Deadline(lease, timing.deadlineNanos)));
        }
    }

    /** @return the number of stored deadlines, for tests */
    synchronized int deadlines() {
        return deadlines.size();
    }

    /** @return the term in which this node is the leader; 0: it is not the leader */
    synchronized long term() {
        return term;
    }

    /** @param renew whether to restart the lease's TTL, if it has not expired */
    synchronized Time time(long lease, boolean renew) {
        if (term == 0) {
            return new Time.NotLeading();
        }
        Timing timing = timings.get(lease);
        if (timing == null) {
            return new Time.Absent();
        }
        if (timing.ending != null) {
            return new Time.Ending(timing.ending);
        }
        long now = nanoTime.getAsLong();
        if (renew) {
            timing.begin(now);
        }
        return new Time.Running(
                timing.ttlSeconds, Math.max(0, TimeUnit.NANOSECONDS.toMillis(timing.deadlineNanos - now)));
    }

    /**
     * @return leases that have expired, at most this many: propose their end through the log, or call {@link
     *     #stillThere}
     */
    synchronized List<Long> expired(int max) {
        List<Long> expired = new ArrayList<>();
        long now = nanoTime.getAsLong();
        while (!deadlines.isEmpty() && deadlines.peek().nanos() - now <= 0 && expired.size() < max) {
            long lease = deadlines.poll().lease();
            Timing timing = timings.get(lease);
            if (timing == null || timing.proposed) {
                continue;
            }
            if (timing.deadlineNanos - now > 0) {
                deadlines.add(new Deadline(lease, timing.deadlineNanos));
                continue;
            }
            if (timing.ending == null) {
                timing.ending = new CompletableFuture<>();
            }
            timing.proposed = true;
            expired.add(lease);
        }
        return expired;
    }

    /** The end of these leases may not have been committed: for leases that still exist it must be proposed again. */
    synchronized void stillThere(List<Long> expired) {
        for (long lease : expired) {
            Timing timing = timings.get(lease);
            if (timing != null && timing.proposed) {
                timing.proposed = false;
                deadlines.add(new Deadline(lease, timing.deadlineNanos));
            }
        }
    }
}
