package io.raftgres.node.service;

import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.CallerId;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.LongConsumer;

/**
 * The leases of one caller. As in etcd, a lease belongs to no one: who may write all its keys may renew and revoke it,
 * and who may read them may list them.
 */
final class CheckedLeases implements LeaseService {

    private static final Executor BLOCKING =
            task -> Thread.ofVirtual().name("lease-rights").start(task);

    private interface Right {
        void require(AuthState users, CallerId id, KeyRange key);
    }

    private final CheckedKvService caller;
    private final KvService service;

    CheckedLeases(CheckedKvService caller, KvService service) {
        this.caller = caller;
        this.service = service;
    }

    @Override
    public Op.Grant newGrant(long lease, long ttlSeconds) {
        return service.leases().newGrant(lease, ttlSeconds);
    }

    @Override
    public CompletionStage<Granted> grant(long lease, long ttlSeconds, Duration timeout) {
        caller.check(AuthState::requireUser);
        Op.Grant grant = newGrant(lease, ttlSeconds);
        return caller.write(Request.of(null, grant), timeout)
                .thenApply(result -> new Granted(grant.lease(), grant.ttlSeconds(), result.revision()));
    }

    @Override
    public CompletionStage<Long> revoke(long lease, Duration timeout) {
        caller.check(AuthState::requireUser);
        // A lease with very many keys ends in several entries.
        return caller.write(Request.of(null, new Op.Revoke(List.of(lease), 0)), timeout)
                .thenCompose(result -> result.succeeded()
                        ? CompletableFuture.completedFuture(result.revision())
                        : revoke(lease, timeout));
    }

    @Override
    public CompletionStage<Long> keepAlive(long lease, Duration timeout) {
        caller.check(AuthState::requireUser);
        if (mayDoAll()) {
            return service.leases().keepAlive(lease, timeout);
        }
        return CompletableFuture.runAsync(() -> requireOnKeys(lease, timeout, AuthState::requireWrite), BLOCKING)
                .thenCompose(allowed -> service.leases().keepAlive(lease, timeout));
    }

    private boolean mayDoAll() {
        boolean[] root = {true};
        caller.check((users, id) -> root[0] = users.isRoot(id));
        return root[0];
    }

    /** Blocks. A lease that does not exist has no keys. */
    private void requireOnKeys(long lease, Duration timeout, Right right) {
        for (Key key : service.leases().keys(lease, timeout, bytes -> {})) {
            caller.check((users, id) -> right.require(users, id, KeyRange.single(key)));
        }
    }

    @Override
    public CompletionStage<TimeLeft> timeLeft(long lease, Duration timeout) {
        caller.check(AuthState::requireUser);
        return service.leases().timeLeft(lease, timeout);
    }

    @Override
    public List<Key> keys(long lease, Duration timeout, LongConsumer held) {
        caller.check(AuthState::requireUser);
        List<Key> keys = service.leases().keys(lease, timeout, held);
        if (!mayDoAll()) {
            keys.forEach(key -> caller.check((users, id) -> users.requireRead(id, KeyRange.single(key))));
        }
        return keys;
    }

    @Override
    public List<Long> list(Duration timeout) {
        caller.check(AuthState::requireUser);
        List<Long> leases = service.leases().list(timeout);
        if (!mayDoAll()) {
            leases.forEach(lease -> requireOnKeys(lease, timeout, AuthState::requireRead));
        }
        return leases;
    }
}
