package io.raftgres.node.kv;

/**
 * The version of a cluster: it decides which kinds of entries its log may hold, and how entries of an old kind behave.
 * A member that cannot read an entry stops. So a new kind is proposed only when the state shows that every member can
 * read it: {@link MachineState#clusterVersion} at any member. Members report the highest version that they can read.
 * When all can read a higher version, their leader proposes {@link Op.Raise}. The version never decreases, and a node
 * that cannot read it cannot become a member.
 */
public final class ClusterVersion {

    /** Requests carry the time since the first use of their token. */
    public static final int TOKEN_AGE = 1;

    /**
     * A nested transaction may delete a key that an earlier one has put. Such an entry was refused before, and from an
     * old log it still is: so only the version changes this.
     */
    public static final int PUT_THEN_DELETE = 2;

    /** Users may be checked: entries carry their caller, and there are tokens of users. */
    public static final int USERS_CHECKED = 3;

    /**
     * System property of tests: the node says that it can check users. Otherwise it does not, and
     * {@code auth enable} is refused, because nodes cannot join a cluster yet whose users are checked.
     */
    private static final String TRY_USERS = "io.raftgres.users.try";

    /** The highest version that this release can read. A new feature takes the next number and raises this. */
    public static final int LATEST = Boolean.getBoolean(TRY_USERS) ? USERS_CHECKED : PUT_THEN_DELETE;

    /**
     * Header of a node's request to join: the highest version that it can read. It is not a field of the body, because
     * members of an older release refuse unknown fields.
     */
    public static final String HEADER = "Raftgres-Reads";

    private ClusterVersion() {}

    /** @throws IllegalArgumentException when this release cannot read it; the message gives the next step */
    public static void requireReadable(int version) {
        if (version > LATEST) {
            throw new IllegalArgumentException(
                    "the cluster has version " + version + ", but this release reads only versions up to " + LATEST
                            + ": start this node with a newer release");
        }
    }
}
