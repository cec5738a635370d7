package io.raftgres.node.service.membership;

/**
 * Members that were announced by their peer address alone, as etcd's MemberAdd does it, and have no name until they
 * come. What the log calls them meanwhile is made here. One that is to stay a learner keeps that name until it is
 * promoted, so that the log remembers what it is to be.
 */
public final class UnstartedMember {

    private static final String PREFIX = "announced-";
    private static final String LEARNER_PREFIX = "announced-learner-";

    private UnstartedMember() {}

    /** @param learner whether it is to stay one until it is promoted @return a name, as the log may have it */
    public static String name(String peerAddress, boolean learner) {
        return (learner ? LEARNER_PREFIX : PREFIX) + peerAddress.replaceAll("[^A-Za-z0-9._-]", "-");
    }

    /** @return what stands in the log for its client address until it tells it */
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
