package io.raftgres.node.rest;

import io.raftgres.node.auth.Callers;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Compare;
import io.raftgres.node.kv.EventRing;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Limits;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Outline;
import io.raftgres.node.kv.RefusedRequestException;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.Transaction;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.LeaseService;
import io.raftgres.node.service.health.ClusterView;
import io.raftgres.node.service.health.NodePosition;
import io.raftgres.node.service.membership.ClusterAdmin;
import io.raftgres.node.service.watch.WatchFeed;
import io.raftgres.node.service.watch.WatchHub;
import io.raftgres.node.service.watch.WatchRight;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/** A store in memory behind the service's interface. Like the real one, it completes requests on its own thread. */
public class MemoryKvService implements KvService, AutoCloseable {

    private final MemoryAdmin admin = new MemoryAdmin();

    private final ExecutorService executor =
            Executors.newSingleThreadExecutor(Thread.ofVirtual().factory());
    private final TreeMap<Key, Row> rows = new TreeMap<>();
    private final List<Change> changes = new ArrayList<>();
    private final Map<String, ApplyResult> replays = new HashMap<>();
    private long revision = 1;
    private long compacted;
    /** When set, the next operations fail with it. */
    public volatile RuntimeException failure;

    public volatile boolean led = true;

    /** When set, writes hang until it completes. */
    public volatile CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);

    volatile Duration lastTimeout;
    volatile Consistency lastConsistency;
    final AtomicInteger writes = new AtomicInteger();
    private final EventRing ring;
    private final WatchHub hub;

    /** Watches are fed from the past only. */
    public MemoryKvService() {
        this(0);
    }

    /** @param ringBytes of changes kept for watches */
    public MemoryKvService(long ringBytes) {
        ring = new EventRing(revision, ringBytes);
        hub = new WatchHub(ring, this::past, this::compacted);
    }

    private <T> CompletionStage<T> answer(java.util.function.Supplier<T> supplier, Duration timeout) {
        lastTimeout = timeout;
        return gate.thenApplyAsync(
                ignored -> {
                    check();
                    return supplier.get();
                },
                executor);
    }

    private void check() {
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public CompletionStage<ApplyResult> write(Request request, Duration timeout) {
        return answer(() -> apply(request), timeout);
    }

    public synchronized ApplyResult apply(Request request) {
        String token = request.token() == null ? null : HexFormat.of().formatHex(request.token());
        if (token != null && replays.containsKey(token)) {
            ApplyResult first = replays.get(token);
            return new ApplyResult(first.revision(), first.succeeded(), first.results(), true);
        }
        if (request.tokenAgeMillis() > 60_000) {
            throw new ServiceException.Rejected(ServiceException.Rejected.Reason.TOKEN_FORGOTTEN, "too late");
        }
        writes.incrementAndGet();
        ApplyResult applied =
                request.success().size() == 1 && request.success().getFirst() instanceof Op.Compact compact
                        ? compact(compact)
                        : transact(request);
        if (token != null) {
            replays.put(token, applied);
        }
        return applied;
    }

    private ApplyResult compact(Op.Compact wanted) {
        boolean succeeds = wanted.revision() > compacted && wanted.revision() <= revision;
        if (succeeds) {
            compact(wanted.revision());
        }
        return new ApplyResult(revision, succeeds, List.of(new Op.Result.Compact(compacted)), false);
    }

    private ApplyResult transact(Request request) {
        Transaction transaction = new Transaction(new View(), Limits.MAX_RESPONSE_BYTES, true);
        ApplyResult applied;
        try {
            applied = transaction.run(request);
        } catch (RefusedRequestException e) {
            throw e.asServiceException();
        }
        for (Change change : transaction.changes()) {
            rows.remove(change.key());
            if (change.after() != null) {
                rows.put(change.key(), change.after());
            }
            changes.add(change);
        }
        if (applied.revision() > revision) {
            revision = applied.revision();
            ring.append(List.copyOf(transaction.changes()), revision);
        }
        return applied;
    }

    private final class View implements Transaction.View {
        @Override
        public long revision() {
            return revision;
        }

        @Override
        public long compactedRevision() {
            return compacted;
        }

        @Override
        public Row current(Key key) {
            return rows.get(key);
        }

        @Override
        public Map<Key, Row> rows(Collection<Key> keys) {
            return keys.stream().filter(rows::containsKey).collect(Collectors.toMap(key -> key, rows::get));
        }

        @Override
        public List<Outline> outlines(KeyRange range, int limit) {
            return in(range).stream().limit(limit).map(Outline::of).toList();
        }

        @Override
        public List<Outline> toDelete(KeyRange range, int limit) {
            return outlines(range, limit);
        }

        @Override
        public boolean holds(Compare compare) {
            List<Row> found = in(compare.range());
            return found.isEmpty() ? compare.holds(null) : found.stream().allMatch(compare::holds);
        }

        @Override
        public Op.Result.Get select(KeyRange range, Selection selection, long maxBytes) {
            return selection.of(
                    selection.revision() == 0
                            ? in(range)
                            : at(selection.revision()).values().stream()
                                    .filter(row -> range.contains(row.key()))
                                    .toList());
        }

        @Override
        public boolean leaseExists(long lease) {
            return false;
        }
    }

    private List<Row> in(KeyRange range) {
        return rows.tailMap(range.from(), true).values().stream()
                .filter(row -> range.contains(row.key()))
                .toList();
    }

    @Override
    public CompletionStage<Read> get(Key key, Consistency consistency, Duration timeout) {
        lastConsistency = consistency;
        return answer(
                () -> {
                    synchronized (this) {
                        return new Read(rows.get(key), revision);
                    }
                },
                timeout);
    }

    @Override
    public ApplyResult read(Request request, Consistency consistency, Duration timeout, LongConsumer held) {
        ApplyResult applied = apply(request);
        applied.results().forEach(result -> {
            if (result instanceof Op.Result.Get get) {
                get.rows().forEach(row -> held.accept(row.sizeBytes()));
            }
        });
        return applied;
    }

    @Override
    public RangeEnd range(RangeQuery query, Duration timeout, RangeConsumer consumer) {
        check();
        List<Row> found;
        long at;
        synchronized (this) {
            at = query.selection().revision() == 0
                    ? revision
                    : query.selection().revision();
            checkRevision(at);
            found = at(at).tailMap(query.range().from(), true).values().stream()
                    .filter(row -> query.range().contains(row.key()))
                    .toList();
        }
        consumer.header(at);
        Op.Result.Get selected = query.selection().of(found);
        for (Row row : selected.rows()) {
            if (!consumer.row(row)) {
                consumer.awaitReady(Long.MAX_VALUE);
            }
        }
        Key next = selected.more() ? found.get(selected.rows().size()).key() : null;
        return new RangeEnd(next, query.counted() ? found.size() : -1);
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
    public WatchFeed watches(Runnable available, WatchRight right) {
        check();
        return hub.open(available, right);
    }

    @Override
    public AuthState users() {
        return AuthState.EMPTY;
    }

    @Override
    public Callers callers() {
        return Callers.UNCHECKED;
    }

    /** Few revisions at a time, so that streams are made of many parts. */
    private synchronized long past(KeyRange range, long from, long until, int maxChanges, Consumer<Change> sink) {
        if (from < compacted) {
            throw new ServiceException.Compacted(from, compacted);
        }
        long to = Math.min(until, from + 2);
        changes.stream()
                .filter(change -> change.revision() >= from && change.revision() <= to && range.contains(change.key()))
                .forEach(sink);
        return to;
    }

    public int openWatches() {
        return hub.openWatches();
    }

    @Override
    public AuthState auth(Duration timeout) {
        check();
        if (gate != null) {
            try {
                gate.join();
            } catch (CompletionException e) {
                throw (ServiceException) e.getCause();
            }
        }
        return AuthState.EMPTY;
    }

    @Override
    public LeaseService leases() {
        throw new UnsupportedOperationException("this double has no leases");
    }

    @Override
    public NodePosition position() {
        check();
        return new NodePosition(0xc1, 0xa1, 7, revision());
    }

    @Override
    public boolean hasLeader() {
        return led;
    }

    @Override
    public ClusterView cluster() {
        check();
        return new ClusterView(
                "00000000000000c1",
                "00000000000000a1",
                7,
                new ClusterView.Leader("00000000000000a1", "node1"),
                admin.members(),
                List.of("00000000000000a2"),
                1);
    }

    @Override
    public ClusterAdmin admin() {
        return admin;
    }

    /** @return the time limit of the latest change of the cluster */
    Duration lastChangeTimeout() {
        return admin.lastTimeout;
    }

    @Override
    public void close() {
        hub.close();
        executor.shutdown();
    }
}
