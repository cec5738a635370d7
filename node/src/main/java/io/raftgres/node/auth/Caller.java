package io.raftgres.node.auth;

import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.CallerId;

/**
 * Who makes a request, after its proof was checked. Only this package makes one, so an operation that asks for a caller
 * cannot run for one that nobody has checked.
 */
public final class Caller {

    /** The proof of a user's identity. */
    interface Proof {
        /**
         * @return revision of the users for which it holds
         * @throws io.raftgres.node.kv.ServiceException the proof no longer holds
         */
        long authRevision(AuthState now);
    }

    static final Caller NOBODY = new Caller("", null);

    private final String user;
    private final Proof proof;

    private Caller(String user, Proof proof) {
        this.user = user;
        this.proof = proof;
    }

    static Caller of(String user, Proof proof) {
        return new Caller(user, proof);
    }

    /** @return whether it has not said who it is */
    public boolean isNobody() {
        return proof == null;
    }

    /** @return empty for nobody */
    public String user() {
        return user;
    }

    /**
     * @param now users as this member knows them
     * @return the caller as an entry carries it
     * @throws io.raftgres.node.kv.ServiceException the proof no longer holds
     */
    public CallerId id(AuthState now) {
        return proof == null ? CallerId.NOBODY : new CallerId(user, proof.authRevision(now));
    }

    @Override
    public String toString() {
        return isNobody() ? "nobody" : "user " + user;
    }
}
