package io.raftgres.node.service;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * Decides when history has become so long or so old that it is to be compacted, and where. Every node observes, so that
 * whichever leads next knows already; the leader alone proposes.
 *
 * <p>Never more than allowed: the count is of applied revisions, and time is measured by this process's own clock,
 * which no correction of the date moves. So what happened before this process began counts as young as the process is.
 *
 * <p>Owned by one thread at a time.
 */
final class HistoryRetention {

    /** Compactions are this part of what is kept apart: so much more may be there. */
    private static final int STEPS = 10;

    /** More than a partition's worth need not come together: less gives no space back. */
    private static final long STEP_REVISIONS_MAX = 100_000;

    private static final int SAMPLES = 50;

    /** At that time of the process's clock, the store was at this revision. */
    private record Sample(long nanos, long revision) {}

    private final long keptRevisions;
    private final long keptNanos;
    private final long sampleNanos;
    private final Deque<Sample> samples = new ArrayDeque<>(SAMPLES + 2);

    /** @param keptRevisions 0: all; @param keptTime zero: without limit */
    HistoryRetention(long keptRevisions, Duration keptTime) {
        if (keptRevisions < 0 || keptTime.isNegative()) {
            throw new IllegalArgumentException("history is kept for 0 revisions or more, and for no negative time");
        }
        this.keptRevisions = keptRevisions;
        this.keptNanos = TimeUnit.NANOSECONDS.convert(keptTime);
        this.sampleNanos = keptNanos / SAMPLES;
    }

    boolean keepsAll() {
        return keptRevisions == 0 && keptNanos == 0;
    }

    /**
     * To be called every second or so, on every node.
     *
     * @param nanos now, of a clock that never goes back
     * @return the revision to compact at, 0 for none
     */
    long next(long nanos, long revision, long compactedRevision) {
        long wanted = Math.max(byCount(revision, compactedRevision), byTime(nanos, revision));
        return wanted > compactedRevision ? wanted : 0;
    }

    private long byCount(long revision, long compactedRevision) {
        if (keptRevisions == 0) {
            return 0;
        }
        long oldest = revision - keptRevisions;
        long step = Math.clamp(keptRevisions / STEPS, 1, STEP_REVISIONS_MAX);
        return oldest - compactedRevision >= step ? oldest : 0;
    }

    /** What was current at the newest sample that is old enough is what a read that far back may ask for. */
    private long byTime(long nanos, long revision) {
        if (keptNanos == 0) {
            return 0;
        }
        if (samples.isEmpty() || nanos - samples.getLast().nanos() >= sampleNanos) {
            samples.addLast(new Sample(nanos, revision));
        }
        long wanted = 0;
        while (!samples.isEmpty() && nanos - samples.getFirst().nanos() >= keptNanos) {
            wanted = samples.removeFirst().revision();
        }
        return wanted;
    }
}
