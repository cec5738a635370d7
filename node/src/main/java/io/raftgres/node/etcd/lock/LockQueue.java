package io.raftgres.node.etcd.lock;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.raftgres.node.etcd.call.Calls;
import io.raftgres.node.etcd.call.EtcdError;
import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.etcd.call.StatusMapping;
import io.raftgres.node.etcd.message.Ranges;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Compare;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.KvService.Consistency;
import io.raftgres.node.service.KvService.RangeQuery;
import io.raftgres.node.service.read.FirstRow;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * The queue behind locks and elections: under a name each lease may have one key, and the oldest key is first. All
 * methods block; call them on virtual threads.
 */
final class LockQueue {

    private static final Logger LOG = Logger.getLogger(LockQueue.class);

    /** Time to live of the lease for a client that brings none, as in etcd. */
    private static final long SESSION_SECONDS = 60;

    /** Interval at which a waiting call checks whether its client is still connected. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** A slash and the digits of a lease. */
    private static final int LEASE_CHARS = 17;

    private final KvService service;
    private final Duration timeout;
    private final int maxKeyBytes;

    LockQueue(KvService service, EtcdOptions options) {
        this.service = service;
        this.timeout = options.timeout();
        this.maxKeyBytes = options.maxKeyBytes();
    }

    /**
     * Like {@link Calls#offload}. These services of etcd pass on the failures of other services with their texts, but
     * with the code UNKNOWN.
     */
    static void offload(String thread, StreamObserver<?> client, Calls.Work work) {
        Calls.offload(thread, client, () -> {
            try {
                work.run();
            } catch (RuntimeException e) {
                throw Status.UNKNOWN
                        .withDescription(StatusMapping.of(e).getStatus().getDescription())
                        .asRuntimeException();
            }
        });
    }

    /**
     * One lease's key under a name.
     *
     * @param revision of the store when it was claimed, or found to be claimed already
     * @param value as it is, also when it was claimed before
     */
    record Claim(ByteString name, Key key, long lease, long createRevision, long revision, byte[] value) {}

    /** @param lease 0: a lease of one minute is granted, unless the name is too long for a key */
    Claim claim(ByteString name, long lease, byte[] value) {
        if (name.size() + LEASE_CHARS > maxKeyBytes) {
            throw EtcdError.REQUEST_TOO_LARGE.exception();
        }
        long of = lease != 0
                ? lease
                : service.leases()
                        .grant(0, SESSION_SECONDS, timeout)
                        .toCompletableFuture()
                        .join()
                        .lease();
        Key key = Ranges.key(prefix(name).concat(ByteString.copyFromUtf8(Long.toString(of, 16))));
        ApplyResult result = write(new Request(
                null,
                List.of(new Compare(key, Compare.Target.CREATE_REVISION, Compare.Relation.EQUAL, 0, null)),
                List.of(new Op.Put(key, value, of, false)),
                List.of(new Op.Get(KeyRange.single(key), 1, false))));
        if (result.succeeded()) {
            return new Claim(name, key, of, result.revision(), result.revision(), value);
        }
        Row row = ((Op.Result.Get) result.results().getFirst()).rows().getFirst();
        return new Claim(name, key, of, row.createRevision(), result.revision(), row.value());
    }

    private static ByteString prefix(ByteString name) {
        return name.concat(ByteString.copyFromUtf8("/"));
    }

    static KeyRange range(ByteString name) {
        return KeyRange.prefix(Ranges.key(prefix(name)));
    }

    ApplyResult write(Request request) {
        return service.write(request, timeout).toCompletableFuture().join();
    }

    /**
     * Puts, or deletes, the key as long as it is the one that was claimed then.
     *
     * @return not succeeded when it is not
     */
    ApplyResult change(Key key, long createRevision, Op op) {
        return write(new Request(
                null,
                List.of(new Compare(key, Compare.Target.CREATE_REVISION, Compare.Relation.EQUAL, createRevision, null)),
                List.of(op),
                List.of()));
    }

    void withdraw(Claim claim) {
        change(claim.key(), claim.createRevision(), new Op.Delete(KeyRange.single(claim.key()), false));
    }

    /**
     * Waits until all older claims are gone.
     *
     * @return false: the client has gone, and so has its claim
     * @throws StatusRuntimeException with the text if the claim itself has gone meanwhile, with its lease
     */
    boolean awaitTurn(Claim claim, BooleanSupplier isGone, String expired) throws InterruptedException {
        boolean first = false;
        try {
            KvService.Read before = newestBefore(claim);
            boolean waits = before.row() != null;
            while (before.row() != null && !isGone.getAsBoolean()) {
                awaitDelete(before.row().key(), before.revision() + 1, isGone);
                before = newestBefore(claim);
            }
            if (before.row() == null && waits && !isThere(claim)) {
                throw Status.UNKNOWN.withDescription(expired).asRuntimeException();
            }
            first = before.row() == null;
            return first;
        } finally {
            if (!first) {
                withdraw(claim);
            }
        }
    }

    /** Compares more than the key, because the same lease may have claimed it again. */
    private boolean isThere(Claim claim) {
        Row row = service.get(claim.key(), Consistency.LINEARIZABLE, timeout)
                .toCompletableFuture()
                .join()
                .row();
        return row != null && row.createRevision() == claim.createRevision();
    }

    private KvService.Read newestBefore(Claim claim) {
        return first(claim.name(), true, claim.createRevision() - 1);
    }

    /** @return the oldest claim */
    KvService.Read oldest(ByteString name) {
        return first(name, false, 0);
    }

    private KvService.Read first(ByteString name, boolean newest, long maxCreate) {
        Selection selection = new Selection(
                0, 1, false, false, Selection.Target.CREATE_REVISION, newest, new Selection.Filter(0, 0, 0, maxCreate));
        FirstRow found = new FirstRow();
        service.range(new RangeQuery(range(name), selection, false, Consistency.LINEARIZABLE), timeout, found);
        return found.read();
    }

    private void awaitDelete(Key key, long fromRevision, BooleanSupplier isGone) throws InterruptedException {
        try (KvService.Watch watch = service.watch(KeyRange.single(key), fromRevision)) {
            while (!isGone.getAsBoolean()) {
                for (Change change : watch.next(LOOK)) {
                    if (change.isDelete()) {
                        return;
                    }
                }
            }
        } catch (ServiceException.Compacted e) {
            LOG.debugf("the history of a claim was compacted, so it is read again: %s", e.getMessage());
        }
    }

    /** @return changes of a range; empty after a while without any */
    static List<Change> next(KvService.Watch watch) throws InterruptedException {
        return watch.next(LOOK);
    }

    KvService.Watch watch(KeyRange range, long fromRevision) {
        return service.watch(range, fromRevision);
    }
}
