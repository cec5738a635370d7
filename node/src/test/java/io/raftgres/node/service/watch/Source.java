package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.EventRing;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.StoreUnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** All changes of a store: the input of watches, and their expected output. */
final class Source implements WatchHistory, AutoCloseable {

    private static final long FIRST_REVISION = 1;

    final EventRing ring;
    final WatchHub hub;
    final AtomicInteger reads = new AtomicInteger();

    /** PostgreSQL does not respond. */
    volatile boolean unavailable;

    private final List<Change> all = new ArrayList<>();
    private long revision = FIRST_REVISION;
    private long compacted;

    Source(long ringBytes) {
        ring = new EventRing(FIRST_REVISION, ringBytes);
        hub = new WatchHub(ring, this, this::compacted);
    }

    /** One transaction. @param value null: deletes */
    synchronized long write(List<String> keys, byte[] value, boolean flushed) {
        revision++;
        List<Change> changes = new ArrayList<>();
        for (String name : keys) {
            Key key = Key.of(name);
            Row row = new Row(key, value == null ? new byte[0] : value, 2, revision, 1, 0);
            changes.add(value == null ? new Change(revision, row, null) : new Change(revision, null, row));
        }
        all.addAll(changes);
        ring.append(changes, flushed ? revision : 0);
        return revision;
    }

    synchronized long revision() {
        return revision;
    }

    synchronized long compacted() {
        return compacted;
    }

    synchronized void compact(long to) {
        compacted = Math.max(compacted, to);
    }

    /** What a watch is to have seen of the revisions from one to another. */
    synchronized List<Change> expected(WatchSpec spec, long from, long to) {
        return all.stream()
                .filter(change -> change.revision() >= from
                        && change.revision() <= to
                        && spec.range().contains(change.key())
                        && (change.isDelete() ? spec.deletes() : spec.puts()))
                .toList();
    }

    @Override
    public synchronized long read(KeyRange range, long from, long until, int maxChanges, Consumer<Change> sink) {
        reads.incrementAndGet();
        if (unavailable) {
            throw new StoreUnavailableException("it is unavailable", null);
        }
        if (from < compacted) {
            throw new ServiceException.Compacted(from, compacted);
        }
        long to = Math.min(until, from + 20);
        all.stream()
                .filter(c -> c.revision() >= from && c.revision() <= to && range.contains(c.key()))
                .forEach(sink);
        return to;
    }

    @Override
    public void close() {
        hub.close();
    }
}
