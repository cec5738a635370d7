package io.raftgres.node.service.membership;

/**
 * Placeholders for members that were added by their peer address alone, as etcd's MemberAdd does, and have no name
 * until they start. This class makes their names in the log. A member that must stay a learner keeps this name until it
 * is promoted, so that the log records that it stays one.
 */
public final class UnstartedMember {

    private static final String PREFIX = "announced-";
    private static final String LEARNER_PREFIX = "announced-learner-";

    private UnstartedMember() {}

    /**
     * @param learner whether it stays a learner until it is promoted
     * @return a name that is valid in the log
     */
    public static String name(String peerAddress, boolean learner) {
        return (learner ? LEARNER_PREFIX : PREFIX) + peerAddress.replaceAll("[^A-Za-z0-9._-]", "-");
    }

    /** @return the placeholder in the log for its client address, until it reports one */
    public static String clientAddress(String peerAddress) {
        return "http://" + peerAddress;
    }

    public static boolean is(String name) {
        return name.startsWith(PREFIX);
    }

    static boolean staysLearner(String name) {
        return name.startsWith(LEARNER_PREFIX);
    }
}
