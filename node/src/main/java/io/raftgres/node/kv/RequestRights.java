package io.raftgres.node.kv;

/**
 * Checks whether a caller has the rights that a request needs: on its keys, in both branches and all nested
 * transactions, and to change users. It does not look at the keys of leases, which only {@link EntryCheck} knows.
 */
public final class RequestRights {

    private RequestRights() {}

    /** @throws RefusedRequestException users are checked, and the caller may not do this */
    public static void require(AuthState users, CallerId caller, Request request) {
        if (users.enabled()) {
            request.allCompares().forEach(compare -> users.requireRead(caller, compare.range()));
            request.ops().forEach(op -> require(users, caller, op));
        }
    }

    private static void require(AuthState users, CallerId caller, Op op) {
        switch (op) {
            case Op.Put put -> {
                KeyRange key = KeyRange.single(put.key());
                users.requireWrite(caller, key);
                if (put.returnPrevious()) {
                    users.requireRead(caller, key);
                }
            }
            case Op.Delete delete -> {
                users.requireWrite(caller, delete.range());
                if (delete.returnPrevious()) {
                    users.requireRead(caller, delete.range());
                }
            }
            case Op.Get get -> users.requireRead(caller, get.range());
            // Its operations and compares come in their turn.
            case Op.Txn txn -> {}
            case Op.Alone alone -> require(users, caller, alone);
        }
    }

    private static void require(AuthState users, CallerId caller, Op.Alone op) {
        switch (op) {
            case Op.Grant grant -> users.requireUser(caller);
            case Op.Revoke revoke -> {
                // Otherwise the leader has found the leases expired.
                if (revoke.term() == 0) {
                    users.requireUser(caller);
                }
            }
            case Op.Auth change -> {
                // A token's entry comes from a member that has checked the password.
                if (!(change.command() instanceof AuthCommand.Token)) {
                    users.requireRoot(caller);
                }
            }
            // The node has checked a client's compaction; the leader compacts the history by itself, too.
            case Op.Compact compact -> {}
            case Op.Raise raise -> {}
        }
    }
}
