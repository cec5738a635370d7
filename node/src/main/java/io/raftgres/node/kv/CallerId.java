package io.raftgres.node.kv;

/**
 * The user for whom a request was made, as its entry carries it.
 *
 * @param user empty: no user
 * @param authRevision revision of the users for which the proof of identity holds; 0 without a user
 */
public record CallerId(String user, long authRevision) {

    /** A client that has not said who it is. Entries from before users were checked have this caller, too. */
    public static final CallerId NOBODY = new CallerId("", 0);

    public boolean isNobody() {
        return user.isEmpty();
    }
}
