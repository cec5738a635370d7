package io.raftgres.operator.condition;

import io.raftgres.operator.guard.Electorate;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RaftView;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Whether a majority of the voters follows a leader. If not, the message names the members that answer, the end
 * of each one's log, and how to continue without the others.
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
            return Condition.recovering(TYPE, seen.recovering().get());
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
        long answering = voters.stream().filter(MemberView::connected).count();
        int needed = Electorate.majority(voters.size());
        String who = answering + " of " + voters.size() + " voters answer; a quorum needs " + needed;
        if (answering >= needed) {
            return Condition.when(TYPE, false, "NoLeader", who + ". They have not elected a leader yet");
        }
        String silent = voters.stream()
                .filter(member -> !member.connected())
                .map(MemberView::name)
                .sorted()
                .collect(Collectors.joining(", "));
        return Condition.when(TYPE, false, "QuorumLost", who + ". " + remedy(seen, raft, needed, silent));
    }

    private static String remedy(Observed seen, RaftView raft, int needed, String silent) {
        Survivors survivors = new Survivors(seen, raft);
        if (survivors.list().isEmpty()) {
            return "Start at least " + needed + " of these members again: " + silent;
        }
        String begin = "These answer: " + survivors.list() + ". Start the others again: " + silent;
        if (survivors.best().isEmpty()) {
            return begin + ". No member that answers has data for a new cluster. If the others are lost permanently,"
                    + " restore their claims from snapshots";
        }
        String best = survivors.best().get().name();
        String clusterId = seen.clusterId().orElse(raft.clusterId());
        return begin + ". Only if that is impossible, make a new cluster from the data of " + best
                + survivors.doubt() + ". Writes that only the others have are lost then: kubectl patch raftcluster "
                + seen.cluster()
                + " --type merge -p '{\"spec\":{\"recovery\":{\"forceNewCluster\":{\"member\":\""
                + best + "\",\"clusterId\":\"" + clusterId + "\"}}}}'";
    }
}
