package io.raftgres.node.service;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * Decides when the history is too long or too old, and at which revision to compact it. Every node observes the
 * history, so that a new leader can decide at once. Only the leader proposes a compaction.
 *
 * <p>It never compacts more than allowed. It counts applied revisions, and measures time by this process's monotonic
 * clock, which no correction of the date moves. So revisions from before the start of this process count as written at
 * its start.
 *
 * <p>Owned by one thread at a time.
 */
final class HistoryRetention {

    /**
     * Compactions are this fraction of the kept history apart, so the history may exceed its limit by this fraction.
     */
    private static final int STEPS = 10;

    /** Compactions need not wait for more revisions than a partition holds. Fewer revisions free no space. */
    private static final long STEP_REVISIONS_MAX = 100_000;

    private static final int SAMPLES = 50;

    /** A sample: the store's revision at a time of the process's clock. */
    private record Sample(long nanos, long revision) {}

    private final long keptRevisions;
    private final long keptNanos;
    private final long sampleNanos;
    private final Deque<Sample> samples = new ArrayDeque<>(SAMPLES + 2);

    /**
     * @param keptRevisions number of revisions to keep; 0: all
     * @param keptTime time for which revisions are kept; zero: no limit
     */
    HistoryRetention(long keptRevisions, Duration keptTime) {
        if (keptRevisions < 0 || keptTime.isNegative()) {
            throw new IllegalArgumentException(
                    "the number of revisions and the time of the kept history must not be" + " negative");
        }
        this.keptRevisions = keptRevisions;
        this.keptNanos = TimeUnit.NANOSECONDS.convert(keptTime);
        this.sampleNanos = keptNanos / SAMPLES;
    }

    boolean keepsAll() {
        return keptRevisions == 0 && keptNanos == 0;
    }

    /**
     * Must be called about every second, on every node.
     *
     * @param nanos current time of a monotonic clock
     * @return the revision at which to compact, 0 for none
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

    /** The newest sample that is old enough gives the oldest revision that a read may still ask for. */
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
