package io.raftgres.node.service;

import io.raftgres.node.auth.Caller;
import io.raftgres.node.auth.Callers;
import io.raftgres.node.auth.UserTokens;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.AuthCommand;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.CallerId;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.RefusedRequestException;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.RequestRights;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.ServiceException.Rejected;
import io.raftgres.node.kv.ServiceException.Rejected.Reason;
import io.raftgres.node.service.health.ClusterView;
import io.raftgres.node.service.health.NodePosition;
import io.raftgres.node.service.membership.ClusterAdmin;
import io.raftgres.node.service.watch.WatchFeed;
import io.raftgres.node.service.watch.WatchRight;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;

/**
 * The service of one caller. A write carries its caller and is checked when its entry is applied. A read is checked
 * after its barrier, by users at least as new as the read. A watch is checked when it is created and when users change.
 */
final class CheckedKvService implements KvService {

    /** Proposals of one write, when users change at the same time. */
    private static final int TRIES = 3;

    /** A key that no client can write. */
    private static final Key NO_KEY = Key.FIRST.next();

    private final KvService service;
    private final Caller caller;

    CheckedKvService(KvService service, Caller caller) {
        this.service = service;
        this.caller = caller;
    }

    /** @throws ServiceException the check refuses the caller, by the users as this node knows them now */
    void check(BiConsumer<AuthState, CallerId> check) {
        AuthState now = service.users();
        if (now.enabled()) {
            try {
                check.accept(now, caller.id(now));
            } catch (RefusedRequestException e) {
                throw e.asServiceException();
            }
        }
    }

    private void requireRead(KeyRange range) {
        check((users, id) -> users.requireRead(id, range));
    }

    /** A watch outlives its token, as in etcd: only the rights of the user count later. */
    private final class Watching implements WatchRight {
        @Override
        public void require(KeyRange range) {
            requireRead(range);
        }

        @Override
        public void requireStill(KeyRange range) {
            AuthState now = service.users();
            CallerId user = caller.isNobody() ? CallerId.NOBODY : new CallerId(caller.user(), now.revision());
            try {
                now.requireRead(user, range);
            } catch (RefusedRequestException e) {
                throw e.asServiceException();
            }
        }
    }

    private boolean usersAreChecked() {
        return service.users().enabled();
    }

    /** Blocks until this node knows the users at least as they were when the read began. */
    private void await(Consistency consistency, Duration timeout) {
        if (consistency == Consistency.LINEARIZABLE) {
            service.auth(timeout);
        }
    }

    @Override
    public CompletionStage<ApplyResult> write(Request request, Duration timeout) {
        try {
            return usersAreChecked()
                    ? write(request, System.nanoTime() + timeout.toNanos(), TRIES)
                    : service.write(request, timeout);
        } catch (ServiceException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletionStage<ApplyResult> write(Request request, long deadline, int tries) {
        requireFromClient(request);
        try {
            requireRights(request);
        } catch (Rejected e) {
            // This node may not know the latest users yet. If it does, the refusal costs no entry.
            return awaitUsers(deadline).thenCompose(read -> {
                requireRights(request);
                return propose(request, deadline, tries);
            });
        }
        return propose(request, deadline, tries);
    }

    private void requireRights(Request request) {
        check((users, id) -> RequestRights.require(users, id, request));
    }

    /** Completes when this node knows the users as they are now. */
    private CompletionStage<Read> awaitUsers(long deadline) {
        return service.get(NO_KEY, Consistency.LINEARIZABLE, left(deadline));
    }

    private CompletionStage<ApplyResult> propose(Request request, long deadline, int tries) {
        AuthState now = service.users();
        CallerId id = now.enabled() ? caller.id(now) : CallerId.NOBODY;
        return service.write(scoped(request).withCaller(id), left(deadline))
                .exceptionallyCompose(why -> tries > 1 && isOld(why)
                        ? awaitUsers(deadline).thenCompose(read -> write(request, deadline, tries - 1))
                        : CompletableFuture.failedFuture(why));
    }

    private static Duration left(long deadline) {
        return Duration.ofNanos(Math.max(TimeUnit.MILLISECONDS.toNanos(1), deadline - System.nanoTime()));
    }

    private static boolean isOld(Throwable failure) {
        Throwable why =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return why instanceof Rejected rejected && rejected.reason() == Reason.AUTH_OLD_REVISION;
    }

    /** What the state machine lets pass, because nodes ask for it by themselves, is checked here. */
    private void requireFromClient(Request request) {
        request.ops().forEach(op -> {
            switch (op) {
                case Op.Compact compact -> check(AuthState::requireRoot);
                case Op.Raise raise -> throw notAClients();
                case Op.Revoke revoke when revoke.term() != 0 -> throw notAClients();
                case Op.Auth change when change.command() instanceof AuthCommand.Token -> throw notAClients();
                default -> {}
            }
        });
    }

    private static IllegalArgumentException notAClients() {
        return new IllegalArgumentException("only nodes themselves make such an entry");
    }

    /** Two users who choose the same idempotency token get no result of each other. */
    private Request scoped(Request request) {
        if (request.token() == null) {
            return request;
        }
        byte[] token = UserTokens.digest(caller.user() + '\0' + HexFormat.of().formatHex(request.token()));
        return new Request(
                Arrays.copyOf(token, Request.TOKEN_BYTES),
                request.tokenAgeMillis(),
                request.caller(),
                request.compares(),
                request.success(),
                request.failure());
    }

    @Override
    public CompletionStage<Read> get(Key key, Consistency consistency, Duration timeout) {
        return service.get(key, consistency, timeout).thenApply(read -> {
            requireRead(KeyRange.single(key));
            return read;
        });
    }

    @Override
    public RangeEnd range(RangeQuery query, Duration timeout, RangeConsumer consumer) {
        if (usersAreChecked()) {
            await(query.consistency(), timeout);
            requireRead(query.range());
        }
        return service.range(query, timeout, consumer);
    }

    @Override
    public ApplyResult read(Request request, Consistency consistency, Duration timeout, LongConsumer held) {
        if (usersAreChecked()) {
            await(consistency, timeout);
            request.allCompares().forEach(compare -> requireRead(compare.range()));
            request.ops().forEach(op -> {
                if (op instanceof Op.Get get) {
                    requireRead(get.range());
                }
            });
        }
        return service.read(request, consistency, timeout, held);
    }

    @Override
    public WatchFeed watches(Runnable available, WatchRight right) {
        return service.watches(available, new Watching());
    }

    @Override
    public Watch watch(KeyRange range, long fromRevision, WatchRight right) {
        return service.watch(range, fromRevision, new Watching());
    }

    @Override
    public LeaseService leases() {
        return new CheckedLeases(this, service);
    }

    /** The Auth service asks the state itself for the caller's right to see it. */
    @Override
    public AuthState auth(Duration timeout) {
        return service.auth(timeout);
    }

    @Override
    public AuthState users() {
        return service.users();
    }

    @Override
    public Callers callers() {
        return service.callers();
    }

    @Override
    public NodePosition position() {
        return service.position();
    }

    @Override
    public boolean hasLeader() {
        return service.hasLeader();
    }

    @Override
    public ClusterView cluster() {
        check(AuthState::requireUser);
        return service.cluster();
    }

    @Override
    public Maintenance maintenance() {
        return new CheckedMaintenance(this, service.maintenance());
    }

    @Override
    public ClusterAdmin admin() {
        check(AuthState::requireRoot);
        return service.admin();
    }
}
