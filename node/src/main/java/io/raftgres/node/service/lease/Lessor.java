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
 * The leader's clock of leases: when each expires. None of it is replicated. Whoever comes to lead gives every lease
 * its whole time anew, so that a change of the leader, or a leader's clock, never ends a lease early.
 *
 * <p>Any thread; nothing here blocks.
 */
final class Lessor implements Leases.Listener {

    private static final int DEADLINES_SPARE = 1_024;

    /** @param nanos when it is to be looked at; what counts is in the lease's timing, which may be later */
    private record Deadline(long lease, long nanos) {}

    private static final class Timing {
        private final long ttlSeconds;
        private long deadlineNanos;
        /** Not null: it has expired. There is no way back: its end may be in the log already, or have begun. */
        private CompletableFuture<Void> ending;
        /** Its end is on its way through the log. */
        private boolean proposed;

        Timing(long ttlSeconds, long now) {
            this.ttlSeconds = ttlSeconds;
            begin(now);
        }

        void begin(long now) {
            deadlineNanos = now + TimeUnit.SECONDS.toNanos(Math.min(ttlSeconds, Limits.MAX_TTL_SECONDS));
        }
    }

    /** What is known of a lease. */
    sealed interface Time {
        /** @param leftMillis never negative */
        record Running(long ttlSeconds, long leftMillis) implements Time {}

        record Absent() implements Time {}

        /** @param decided done when it has ended, or this node leads no more: ask again */
        record Ending(CompletionStage<Void> decided) implements Time {}

        record NotLeading() implements Time {}
    }

    private final Leases leases;
    private final LongSupplier nanoTime;
    private final Map<Long, Timing> timings = new HashMap<>();
    private final PriorityQueue<Deadline> deadlines =
            new PriorityQueue<>((one, other) -> Long.signum(one.nanos() - other.nanos()));
    private long term;

    /** @param nanoTime as System.nanoTime */
    Lessor(Leases leases, LongSupplier nanoTime) {
        this.leases = leases;
        this.nanoTime = nanoTime;
    }

    /** This node leads from now on: every lease begins anew. */
    synchronized void lead(long newTerm) {
        follow();
        term = newTerm;
        leases.all().forEach(this::begin);
    }

    /** This node leads no more. */
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

    /** Deadlines of leases that have ended go by themselves when their time comes, which may be never. */
    private void forgetEnded() {
        if (deadlines.size() > 2 * timings.size() + DEADLINES_SPARE) {
            deadlines.clear();
            timings.forEach((lease, timing) -> deadlines.add(new Deadline(lease, timing.deadlineNanos)));
        }
    }

    /** @return for tests: deadlines that are held */
    synchronized int deadlines() {
        return deadlines.size();
    }

    /** @return the term that this node leads in; 0: none */
    synchronized long term() {
        return term;
    }

    /** @param renew whether it begins anew, when it has not expired */
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
     * @return leases whose time is over, at most so many: their end is to go through the log, or {@link #stillThere}
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

    /** The end of these may not have come through the log: of those that are there it is to be proposed again. */
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
