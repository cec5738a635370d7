package io.raftgres.node.kv;

/**
 * The version of a cluster: which kinds of entries its log may hold, and what those of an old kind do. A member that
 * cannot read an entry ends, so a new kind is proposed only when the state says that every member can read it:
 * {@link MachineState#clusterVersion} at any member. Members tell each other what they can read; when all can read a
 * higher version their leader proposes {@link Op.Raise}. It never goes back, and who cannot read it does not become a
 * member any more.
 */
public final class ClusterVersion {

    /** Requests carry how long ago their token was first used. */
    public static final int TOKEN_AGE = 1;

    /**
     * A transaction within another may delete what one before it has put. Such an entry was refused before, and from an
     * old log it still is: so this changes with the version alone.
     */
    public static final int PUT_THEN_DELETE = 2;

    /** The highest that this release can read: what is new takes the next number and moves this. */
    public static final int LATEST = PUT_THEN_DELETE;

    /**
     * Header of a node's request to join: the highest version that it can read. Not a field of the body, for members of
     * an older release refuse a field that they do not know.
     */
    public static final String HEADER = "Raftgres-Reads";

    private ClusterVersion() {}

    /** @throws IllegalArgumentException when this release cannot read it; the message says what to do */
    public static void requireReadable(int version) {
        if (version > LATEST) {
            throw new IllegalArgumentException("the cluster is of version " + version + " and this release reads up to "
                    + LATEST + ": start this node with a newer release");
        }
    }
}
