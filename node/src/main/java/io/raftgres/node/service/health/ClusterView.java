package io.raftgres.node.service.health;

import java.util.List;
import java.util.Optional;

/**
 * The cluster as one node sees it.
 *
 * @param clusterId 16 hexadecimal digits
 * @param self the answering node's member id
 * @param leader null when none is known
 * @param knownMembers ids of all members that have ever connected to the answering node, or were removed: one that
 *     comes without data and is known has lost what it promised
 * @param clusterVersion which kinds of entries the log may hold, as applied here; 0 at first
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

    /** @return the answering node; empty as long as its log does not say that it belongs to the cluster */
    public Optional<MemberView> own() {
        return member(self);
    }

    /**
     * @param id 16 hexadecimal digits
     * @param role leader, follower, learner, candidate; 'unreachable' when it is not connected, or has not been
     *     heard of for 3 s
     * @param commitIndex last heard of; 0 when never; likewise the other numbers
     * @param hash set hash of the live rows at {@code hashIndex}, 16 hexadecimal digits; equal at equal index
     * @param ageMillis how old these figures are; 0 for the node itself
     * @param matchIndex up to which index the leader knows its log to be the leader's; 0 when there is no leader
     * @param lag how many entries that is behind the leader's log
     * @param state serving, rebuilding, unreachable
     * @param ownName what it calls itself; empty when it was never heard of
     * @param etcdAddress URL of its etcd API as it told, or empty
     * @param alarms what is wrong with it: {@link Alarm#text}
     */
    public record MemberView(
            String id,
            String name,
            String role,
            boolean voter,
            String peerAddress,
            String clientAddress,
            long term,
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
