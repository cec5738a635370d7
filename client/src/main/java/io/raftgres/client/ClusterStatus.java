package io.raftgres.client;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;
import java.util.Optional;

/**
 * The cluster's status as one node reports it.
 *
 * @param clusterId 16 hexadecimal digits
 * @param self member id of the node that answered
 * @param leader null when the node knows no leader
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ClusterStatus(String clusterId, String self, long term, Leader leader, List<Member> members) {

    public ClusterStatus {
        members = members == null ? List.of() : List.copyOf(members);
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Leader(String id, String name) {}

    /**
     * One member. Numbers missing in the response are 0, and missing texts are empty.
     *
     * @param id 16 hexadecimal digits; a member that was removed never comes back under it
     * @param role leader, follower, learner, candidate or unreachable
     * @param voter whether it counts in a majority; otherwise it is a learner, which only receives the log
     * @param lastTerm term of the last entry in its log; 0 when the log is blank or its release does not report it
     * @param lastIndex index of that entry. Without a leader, the member with the highest last term has the most; of
     *     several the one with the highest last index
     * @param commitIndex as the answering node last heard; so are the other numbers
     * @param matchIndex highest index up to which its log is known to match the leader's
     * @param lag number of entries by which it is behind the leader's log
     * @param hash set hash of the live rows at {@code hashIndex}: equal on all members at an equal index
     * @param state serving, rebuilding or unreachable; a member that starts is still unreachable
     * @param alarms its alarms, such as no-space, postgres-unavailable or slow-disk
     * @param ageMillis age of these figures, in milliseconds
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Member(
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
            long matchIndex,
            long lag,
            long revision,
            String hash,
            long hashIndex,
            String state,
            List<String> alarms,
            String version,
            long ageMillis) {

        public Member {
            id = said(id);
            name = said(name);
            role = said(role);
            peerAddress = said(peerAddress);
            clientAddress = said(clientAddress);
            hash = said(hash);
            state = said(state);
            version = said(version);
            alarms = alarms == null ? List.of() : List.copyOf(alarms);
        }

        private static String said(String text) {
            return text == null ? "" : text;
        }

        /** @return whether the answering node can reach it */
        @JsonIgnore
        public boolean isReachable() {
            return !role.equals("unreachable") && !state.equals("unreachable");
        }
    }

    /** @return the leader's member, if the node knows a leader */
    public Optional<Member> leaderMember() {
        return leader == null ? Optional.empty() : member(leader.id());
    }

    /** @param nameOrId as {@link Member#name} or {@link Member#id} has it */
    public Optional<Member> member(String nameOrId) {
        return members.stream()
                .filter(member -> member.name().equals(nameOrId) || member.id().equals(nameOrId))
                .findFirst();
    }
}
