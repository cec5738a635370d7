package io.raftgres.node.rest;

import io.raftgres.node.kv.Answer;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Compare;
import io.raftgres.node.kv.EventRing;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Limits;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.ClusterAdmin;
import io.raftgres.node.service.ClusterView;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.NodePosition;
import io.raftgres.node.service.watch.WatchFeed;
import io.raftgres.node.service.watch.WatchHub;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** A store in memory behind the service's interface; answers on a thread of its own, as the real one does. */
public class MemoryKvService implements KvService, AutoCloseable {

    private final MemoryAdmin admin = new MemoryAdmin();

    private final ExecutorService executor = Executors.newSingleThreadExecutor(Thread.ofVirtual().factory());
    private final TreeMap<Key, Row> rows = new TreeMap<>();
    private final List<Change> changes = new ArrayList<>();
    private final Map<String, Answer> replays = new HashMap<>();
    private long revision = 1;
    private long compacted;
    /** When set, the next operations fail with it. */
    volatile RuntimeException failure;
    /** When set, writes hang until it completes. */
    volatile CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);

    volatile Duration lastTimeout;
    volatile Consistency lastConsistency;
    final AtomicInteger writes = new AtomicInteger();
    private final EventRing ring;
    private final WatchHub hub;

    /** Watches are fed from the past only. */
    MemoryKvService() {
        this(0);
    }

    /** @param ringBytes of changes kept for watches */
    public MemoryKvService(long ringBytes) {
        ring = new EventRing(revision, ringBytes);
        hub = new WatchHub(ring, this::past, this::compacted);
    }

    private <T> CompletionStage<T> answer(java.util.function.Supplier<T> supplier, Duration timeout) {
        lastTimeout = timeout;
        return gate.thenApplyAsync(ignored -> {
            check();
            return supplier.get();
        }, executor);
    }

    private void check() {
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public CompletionStage<Answer> write(Request request, Duration timeout) {
        return answer(() -> apply(request), timeout);
    }

    public synchronized Answer apply(Request request) {
        String token = request.token() == null ? null : HexFormat.of().formatHex(request.token());
        if (token != null && replays.containsKey(token)) {
            Answer first = replays.get(token);
            return new Answer(first.revision(), first.succeeded(), first.results(), true);
        }
        writes.incrementAndGet();
        boolean succeeded = request.compares().stream().allMatch(this::holds);
        List<Op.Result> results = new ArrayList<>();
        int before = changes.size();
        if (request.success().size() == 1 && request.success().getFirst() instanceof Op.Compact compact) {
            succeeded = compact.revision() > compacted && compact.revision() <= revision;
            if (succeeded) {
                compact(compact.revision());
            }
            results.add(new Op.Result.Compact(compacted));
        } else {
            for (Op op : succeeded ? request.success() : request.failure()) {
                results.add(run(op));
            }
        }
        if (changes.size() > before) {
            revision++;
            ring.append(changes.subList(before, changes.size()), revision);
        }
        Answer answer = new Answer(revision, succeeded, results, false);
        if (token != null) {
            replays.put(token, answer);
        }
        return answer;
    }

    private boolean holds(Compare compare) {
        Row row = rows.get(compare.key());
        long left = switch (compare.target()) {
            case VERSION -> row == null ? 0 : row.version();
            case CREATE_REVISION -> row == null ? 0 : row.createRevision();
            case MOD_REVISION -> row == null ? 0 : row.modRevision();
            case LEASE -> row == null ? 0 : row.lease();
            case VALUE -> 0;
        };
        if (compare.target() == Compare.Target.VALUE) {
            return row != null && compare.relation().holds(Arrays.compareUnsigned(row.value(), compare.value()));
        }
        return compare.relation().holds(Long.compare(left, compare.number()));
    }

    private Op.Result run(Op op) {
        long next = revision + 1;
        return switch (op) {
            case Op.Put put -> {
                Row old = rows.get(put.key());
                Row row = new Row(put.key(), put.value(), old == null ? next : old.createRevision(), next,
                        old == null ? 1 : old.version() + 1, put.lease());
                rows.put(put.key(), row);
                changes.add(new Change(next, old, row));
                yield new Op.Result.Put(row, null);
            }
            case Op.Delete delete -> {
                List<Row> gone = in(delete.range());
                for (Row row : gone) {
                    rows.remove(row.key());
                    changes.add(new Change(next, row, null));
                }
                yield new Op.Result.Delete(gone.size(), List.of());
            }
            case Op.Get get -> {
                int limit = get.limit() == 0 ? Limits.MAX_TXN_ROWS : get.limit();
                List<Row> all = in(get.range());
                yield new Op.Result.Get(all.stream().limit(limit).toList(), all.size() > limit);
            }
            case Op.Compact compact -> throw new IllegalArgumentException("a compaction stands alone");
        };
    }

    private List<Row> in(KeyRange range) {
        return rows.tailMap(range.from(), true).values().stream().filter(row -> range.contains(row.key())).toList();
    }

    @Override
    public CompletionStage<Read> get(Key key, Consistency consistency, Duration timeout) {
        lastConsistency = consistency;
        return answer(() -> {
            synchronized (this) {
                return new Read(rows.get(key), revision);
            }
        }, timeout);
    }

    @Override
    public Key range(RangeQuery query, Duration timeout, RangeConsumer consumer) {
        check();
        List<Row> found;
        long at;
        synchronized (this) {
            at = query.revision() == 0 ? revision : query.revision();
            checkRevision(at);
            found = at(at).tailMap(query.range().from(), true).values().stream()
                    .filter(row -> query.range().contains(row.key())).toList();
        }
        consumer.header(at);
        long count = 0;
        for (Row row : found) {
            if (query.limit() > 0 && count == query.limit()) {
                return row.key();
            }
            count++;
            consumer.row(query.keysOnly()
                    ? new Row(row.key(), new byte[0], row.createRevision(), row.modRevision(), row.version(), 0)
                    : row);
        }
        return null;
    }

    private void checkRevision(long at) {
        if (at > revision) {
            throw new ServiceException.FutureRevision(at, revision);
        }
        if (at < compacted) {
            throw new ServiceException.Compacted(at, compacted);
        }
    }

    private TreeMap<Key, Row> at(long at) {
        TreeMap<Key, Row> state = new TreeMap<>();
        for (Change change : changes) {
            if (change.revision() <= at) {
                if (change.isDelete()) {
                    state.remove(change.key());
                } else {
                    state.put(change.key(), change.after());
                }
            }
        }
        return state;
    }

    public synchronized void compact(long to) {
        compacted = to;
    }

    private synchronized long compacted() {
        return compacted;
    }

    public synchronized long revision() {
        return revision;
    }

    @Override
    public WatchFeed watches(Runnable available) {
        check();
        return hub.open(available);
    }

    /** Few revisions at a time, so that streams are made of many parts. */
    private synchronized long past(KeyRange range, long from, long until, int maxChanges, Consumer<Change> sink) {
        if (from < compacted) {
            throw new ServiceException.Compacted(from, compacted);
        }
        long to = Math.min(until, from + 2);
        changes.stream().filter(c -> c.revision() >= from && c.revision() <= to && range.contains(c.key())).forEach(sink);
        return to;
    }

    public int openWatches() {
        return hub.openWatches();
    }

    @Override
    public NodePosition position() {
        check();
        return new NodePosition(0xc1, 0xa1, 7, revision());
    }

    @Override
    public boolean hasLeader() {
        return true;
    }

    @Override
    public ClusterView cluster() {
        check();
        return new ClusterView("00000000000000c1", "00000000000000a1", 7,
                new ClusterView.Leader("00000000000000a1", "node1"), admin.members(), List.of("00000000000000a2"));
    }

    @Override
    public ClusterAdmin admin() {
        return admin;
    }

    @Override
    public void close() {
        hub.close();
        executor.shutdown();
    }
}
