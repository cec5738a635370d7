package io.raftgres.node.kv;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;

/**
 * Checks whether the caller of an entry may do what it asks for, by the state before the entry. So every member decides
 * the same, even if it remembers other leases. Owned by the apply thread.
 */
final class EntryCheck {

    private final AuthStore auth;
    private final Leases leases;
    private final LongFunction<List<Key>> keysOf;
    /**
     * Leases with the user who may write all their keys, at one revision of the users. A put with such a lease needs no
     * list of its keys, which only PostgreSQL has.
     */
    private final Map<Long, CallerId> writers = new HashMap<>();

    /** @param keysOf lists the keys of a lease */
    EntryCheck(AuthStore auth, Leases leases, LongFunction<List<Key>> keysOf) {
        this.auth = auth;
        this.leases = leases;
        this.keysOf = keysOf;
    }

    /** @return whether the check must list the keys of a lease, which only PostgreSQL can do */
    boolean needsScan(Request request) {
        AuthState state = auth.state();
        return state.enabled()
                && !state.isRoot(request.caller())
                && request.ops()
                        .anyMatch(op -> op instanceof Op.Put put
                                && leases.exists(put.lease())
                                && !isWriter(state, request, put));
    }

    private boolean isWriter(AuthState state, Request request, Op.Put put) {
        return writer(state, request.caller()).equals(writers.get(put.lease()));
    }

    /** The state's revision instead of the caller's, which may be higher. */
    private static CallerId writer(AuthState state, CallerId caller) {
        return new CallerId(caller.user(), state.revision());
    }

    /** @throws RefusedRequestException the caller may not do this */
    void require(Request request) {
        AuthState state = auth.state();
        if (!state.enabled()) {
            if (!writers.isEmpty()) {
                writers.clear();
            }
            return;
        }
        if (request.isAlone() && request.success().getFirst() instanceof Op.Alone alone) {
            require(state, request.caller(), alone);
            return;
        }
        CallerId caller = request.caller();
        request.allCompares().forEach(compare -> state.requireRead(caller, compare.range()));
        request.ops().forEach(op -> require(state, caller, op));
    }

    private void require(AuthState state, CallerId caller, Op op) {
        switch (op) {
            case Op.Put put -> {
                KeyRange key = KeyRange.single(put.key());
                state.requireWrite(caller, key);
                if (put.returnPrevious()) {
                    state.requireRead(caller, key);
                }
                if (put.lease() != 0) {
                    requireLease(state, caller, put.lease());
                }
            }
            case Op.Delete delete -> {
                state.requireWrite(caller, delete.range());
                if (delete.returnPrevious()) {
                    state.requireRead(caller, delete.range());
                }
            }
            case Op.Get get -> state.requireRead(caller, get.range());
            // Its operations and compares come in their turn.
            case Op.Txn txn -> {}
            case Op.Alone alone -> {}
        }
    }

    private void require(AuthState state, CallerId caller, Op.Alone op) {
        switch (op) {
            case Op.Grant grant -> state.requireUser(caller);
            case Op.Revoke revoke -> {
                if (revoke.term() == 0) {
                    state.requireUser(caller);
                    revoke.leases().forEach(lease -> requireLease(state, caller, lease));
                }
            }
            case Op.Auth change -> {
                // A token's entry comes from a member that has checked the password.
                if (!(change.command() instanceof AuthCommand.Token)) {
                    state.requireRoot(caller);
                }
            }
            // The node has checked a client's compaction; the leader compacts the history by itself, too.
            case Op.Compact compact -> {}
            case Op.Raise raise -> {}
        }
    }

    private void requireLease(AuthState state, CallerId caller, long lease) {
        CallerId writer = writer(state, caller);
        if (state.isRoot(caller)) {
            // It may attach any key.
            writers.remove(lease);
        } else if (leases.exists(lease) && !writer.equals(writers.get(lease))) {
            for (Key key : keysOf.apply(lease)) {
                state.requireWrite(caller, KeyRange.single(key));
            }
            writers.put(lease, writer);
        }
    }

    /** A new lease has no keys yet. */
    void granted(long lease, CallerId caller) {
        AuthState state = auth.state();
        if (state.enabled() && !state.isRoot(caller)) {
            writers.put(lease, writer(state, caller));
        }
    }

    void ended(long lease) {
        writers.remove(lease);
    }
}
