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
        CallerId caller = request.caller();
        RequestRights.require(state, caller, request);
        request.ops().forEach(op -> requireLeases(state, caller, op));
    }

    private void requireLeases(AuthState state, CallerId caller, Op op) {
        if (op instanceof Op.Put put && put.lease() != 0) {
            requireLease(state, caller, put.lease());
        } else if (op instanceof Op.Revoke revoke && revoke.term() == 0) {
            revoke.leases().forEach(lease -> requireLease(state, caller, lease));
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
