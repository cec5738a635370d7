package io.raftgres.operator.condition;

import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.PodView;
import io.raftgres.operator.model.RaftView;
import java.util.ArrayList;
import java.util.List;

/** Whether the cluster has a leader, and every member that the spec asks for is a voter whose pod is ready. */
final class Ready {

    private static final String TYPE = "Ready";

    private Ready() {}

    static Condition of(Observed seen) {
        int wanted = seen.wanted().replicas();
        if (seen.wanted().hibernated()) {
            return Condition.when(TYPE, false, "Hibernated", "the cluster hibernates: spec.hibernated is true");
        }
        if (seen.recovering().isPresent()) {
            return Condition.when(
                    TYPE,
                    false,
                    "Recovering",
                    "the operator makes a new cluster from the data of "
                            + seen.recovering().get().member());
        }
        if (seen.raft().flatMap(RaftView::leader).isEmpty()) {
            return Condition.when(
                    TYPE,
                    false,
                    seen.formed() ? "NoLeader" : "Forming",
                    seen.formed() ? "the cluster has no leader" : "the cluster has not elected its first leader yet");
        }
        List<String> missing = new ArrayList<>();
        for (int ordinal = 0; ordinal < wanted; ordinal++) {
            if (!isReady(seen, ordinal)) {
                missing.add(seen.cluster() + "-" + ordinal);
            }
        }
        return missing.isEmpty()
                ? Condition.when(TYPE, true, "AllMembersReady", "all " + wanted + " members are ready")
                : Condition.when(
                        TYPE,
                        false,
                        "MembersNotReady",
                        (wanted - missing.size()) + " of " + wanted + " members are ready; not ready: "
                                + String.join(", ", missing));
    }

    private static boolean isReady(Observed seen, int ordinal) {
        boolean pod = seen.pods().stream().anyMatch(each -> each.ordinal() == ordinal && isReady(each));
        return pod
                && seen.raft()
                        .flatMap(raft -> raft.member(seen.cluster() + "-" + ordinal))
                        .filter(MemberView::voter)
                        .isPresent();
    }

    private static boolean isReady(PodView pod) {
        return pod.ready() && !pod.terminating();
    }
}
