package io.raftgres.node.service.health;

import java.util.List;
import java.util.Optional;

/**
 * The cluster's status as one node sees it.
 *
 * @param clusterId 16 hexadecimal digits
 * @param self member id of the node that answers
 * @param leader null when the node knows no leader
 * @param knownMembers ids of all members that have ever connected to the answering node, or were removed: a known
 *     member without data has lost its promises
 * @param clusterVersion applied cluster version, which decides the kinds of entries in the log; 0 at first
 */
public record ClusterView(
        String clusterId,
        String self,
        long term,
        Leader leader,
        List<MemberView> members,
        List<String> knownMembers,
        int clusterVersion) {

    public record Leader(String id, String name) {}

    /** @param id 16 hexadecimal digits */
    public Optional<MemberView> member(String id) {
        return members.stream().filter(member -> member.id().equals(id)).findFirst();
    }

    /** @return the answering node; empty until its log contains it as a member */
    public Optional<MemberView> own() {
        return member(self);
    }

    /**
     * @param id 16 hexadecimal digits
     * @param role leader, follower, learner, candidate; 'unreachable' when it is not connected, or has not been heard
     *     of for 3 s
     * @param lastTerm term of the last entry in its log; 0 also when its release does not report it
     * @param lastIndex index of that entry
     * @param commitIndex last reported value, 0 when there was none; likewise the other numbers
     * @param hash set hash of the live rows at {@code hashIndex}, 16 hexadecimal digits; equal at equal index
     * @param ageMillis age of these figures, in milliseconds; 0 for the node itself
     * @param matchIndex highest index up to which its log is known to match the leader's; 0 when there is no leader
     * @param lag number of entries by which that is behind the leader's log
     * @param state serving, rebuilding, unreachable
     * @param ownName name in its configuration; empty when it never reported it
     * @param etcdAddress URL of its etcd API as it reported it, or empty
     * @param alarms its alarms: {@link Alarm#text}
     */
    public record MemberView(
            String id,
            String name,
            String role,
            boolean voter,
            String peerAddress,
            String clientAddress,
            long term,
            long lastTerm,
            long lastIndex,
            long commitIndex,
            long appliedIndex,
            long storedIndex,
            long revision,
            String hash,
            long hashIndex,
            String version,
            long ageMillis,
            long matchIndex,
            long lag,
            String state,
            List<String> alarms,
            String ownName,
            String etcdAddress) {}
}
