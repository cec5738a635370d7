package io.raftgres.node.service.read;

import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.service.KvService.RangeConsumer;
import io.raftgres.node.service.KvService.RangeEnd;
import io.raftgres.node.service.KvService.RangeQuery;
import io.raftgres.node.store.query.RangeSink;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * One read of a range, in one or more parts: a slow consumer causes more parts. All parts show the revision of the
 * first. A consumer that takes every row at once gets all rows in one part. Used by one thread.
 */
final class RangeRead implements RangeSink {

    /** A consumer that takes more rows within this time keeps its query: a new part costs another query. */
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Time limit of a part while other reads wait. */
    private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** The source of the rows, such as {@link io.raftgres.node.store.Store#range}. */
    public interface Source {
        long range(KeyRange range, Selection selection, boolean counted, RangeSink sink);
    }

    private final RangeQuery query;
    private final Source source;
    private final RangeConsumer consumer;
    private final BooleanSupplier othersWait;
    private final long limit;

    private long revision;
    /** The first row of the next part. */
    private Key from;

    private long rows;
    private long count = -1;
    private boolean over;
    private Key next;

    // State of the part that is being read.
    private long atLeastRevision;
    private long partSince;

    /** @param othersWait tells whether other reads wait for a place */
    RangeRead(RangeQuery query, Source source, RangeConsumer consumer, BooleanSupplier othersWait) {
        this.query = query;
        this.source = source;
        this.consumer = consumer;
        this.othersWait = othersWait;
        this.from = query.range().from();
        long asked = query.selection().limit();
        this.limit = asked == Long.MAX_VALUE ? 0 : asked;
    }

    /**
     * Reads until the end, or until the consumer takes no more rows now.
     *
     * @return whether the read is complete
     */
    boolean part(long atLeast) {
        atLeastRevision = atLeast;
        partSince = System.nanoTime();
        boolean first = revision == 0;
        Selection selection = query.selection();
        // One extra row gives the key at which to continue.
        Selection rest = selection
                .withLimit(limit == 0 ? 0 : limit - rows + 1)
                .withRevision(first ? selection.revision() : revision);
        over = true;
        long counted = source.range(
                new KeyRange(from, query.range().to()), rest, first && query.counted() && !countsItself(), this);
        if (first) {
            count = counted;
        }
        return over;
    }

    /** A range that is streamed to its end needs no second query for the count. */
    private boolean countsItself() {
        return limit == 0 && query.selection().isPlain() && !query.selection().countOnly();
    }

    boolean isOver() {
        return over;
    }

    /** @return the revision of all rows */
    long revision() {
        return revision;
    }

    RangeEnd end() {
        return new RangeEnd(next, query.counted() && countsItself() ? rows : count);
    }

    /**
     * Waits between two parts, for any time.
     *
     * @throws RuntimeException when the consumer has gone or takes no rows
     */
    void awaitConsumer() {
        while (!consumer.awaitReady(Long.MAX_VALUE)) {
            // The consumer ends the wait by an exception when it wants no more rows.
        }
    }

    @Override
    public void revision(long current) {
        if (current < atLeastRevision) {
            // PostgreSQL crashed between the check and the read, and lost unflushed revisions.
            throw new StoreUnavailableException(
                    "it shows revision " + current + ", but the read needs" + " " + atLeastRevision, null);
        }
        if (revision == 0) {
            revision = query.selection().revision() == 0
                    ? current
                    : query.selection().revision();
            consumer.header(revision);
        }
    }

    @Override
    public boolean row(Row row) {
        if (limit != 0 && rows == limit) {
            next = row.key();
            return false;
        }
        rows++;
        if (consumer.row(row) && !turnIsOver() || !query.selection().isPlain()) {
            return true;
        }
        if (!turnIsOver() && consumer.awaitReady(othersWait.getAsBoolean() ? 0 : PATIENCE_NANOS)) {
            return true;
        }
        from = row.key().next();
        over = query.range().to() != null && from.compareTo(query.range().to()) >= 0;
        return false;
    }

    private boolean turnIsOver() {
        return othersWait.getAsBoolean() && System.nanoTime() - partSince > TURN_NANOS;
    }
}
