package io.raftgres.operator.condition;

import io.raftgres.operator.guard.Electorate;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RaftView;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Whether a majority of the voters follows a leader. If not, the message names the voters that answer, the last known
 * log index of each, and how to continue without the others.
 */
final class QuorumAvailable {

    private static final String TYPE = "QuorumAvailable";

    private QuorumAvailable() {}

    static Condition of(Observed seen) {
        Optional<RaftView> raft = seen.raft();
        if (raft.flatMap(RaftView::leader).isPresent()) {
            return available(raft.get());
        }
        if (seen.wanted().hibernated()) {
            return Condition.when(TYPE, false, "Hibernated", "the cluster hibernates");
        }
        if (!seen.formed()) {
            return Condition.when(TYPE, false, "Forming", "the cluster has not elected its first leader yet");
        }
        if (seen.recovering().isPresent()) {
            return Condition.when(
                    TYPE,
                    false,
                    "Recovering",
                    "the operator makes a new cluster from the data of "
                            + seen.recovering().get().member());
        }
        return raft.map(view -> lost(seen, view))
                .orElseGet(() ->
                        new Condition(TYPE, Condition.Status.UNKNOWN, "NoResponse", "no node answers the operator"));
    }

    private static Condition available(RaftView raft) {
        List<MemberView> voters =
                raft.members().stream().filter(MemberView::voter).toList();
        long up = voters.stream().filter(MemberView::connected).count();
        return Condition.when(
                TYPE,
                true,
                "LeaderElected",
                up + " of " + voters.size() + " voters follow " + raft.leader().orElseThrow());
    }

    private static Condition lost(Observed seen, RaftView raft) {
        List<MemberView> voters =
                raft.members().stream().filter(MemberView::voter).toList();
        List<MemberView> survivors = voters.stream()
                .filter(MemberView::connected)
                .sorted(Comparator.comparingLong(MemberView::matchIndex)
                        .reversed()
                        .thenComparing(MemberView::name))
                .toList();
        int needed = Electorate.majority(voters.size());
        String who = survivors.size() + " of " + voters.size() + " voters answer; a quorum needs " + needed;
        if (survivors.size() >= needed) {
            return Condition.when(TYPE, false, "NoLeader", who + ". They have not elected a leader yet");
        }
        String silent = voters.stream()
                .filter(member -> !member.connected())
                .map(MemberView::name)
                .sorted()
                .collect(Collectors.joining(", "));
        if (survivors.isEmpty()) {
            return Condition.when(
                    TYPE,
                    false,
                    "QuorumLost",
                    who + ". Start at least " + needed + " of these members" + " again: " + silent);
        }
        String left = survivors.stream()
                .map(member -> member.name() + " (entry " + member.matchIndex() + ")")
                .collect(Collectors.joining(", "));
        String clusterId = seen.clusterId().orElse(raft.clusterId());
        return Condition.when(
                TYPE,
                false,
                "QuorumLost",
                who + ". These answer: " + left + ". Start the others again: " + silent
                        + ". Only if that is impossible, make a new cluster from the data of "
                        + survivors.getFirst().name()
                        + ". Writes that only the others have are lost then: kubectl patch raftcluster"
                        + " " + seen.cluster()
                        + " --type merge -p '{\"spec\":{\"recovery\":{\"forceNewCluster\":{\"member\":\""
                        + survivors.getFirst().name() + "\",\"clusterId\":\"" + clusterId + "\"}}}}'");
    }
}
