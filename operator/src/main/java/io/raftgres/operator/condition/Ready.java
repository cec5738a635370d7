package io.raftgres.operator.condition;

import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.PodView;
import io.raftgres.operator.model.RaftView;
import io.raftgres.operator.plan.Planner;
import io.raftgres.operator.plan.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether the cluster is as its spec says: it has a leader, every member that the spec asks for is a voter whose pod is
 * ready and of the current spec, and the plan is done. So it is false from the first report on a changed spec until the
 * change is complete, and {@code kubectl wait} after an apply waits for that.
 */
final class Ready {

    private static final String TYPE = "Ready";

    private Ready() {}

    static Condition of(Observed seen, Step step, int updated) {
        int wanted = seen.wanted().replicas();
        if (seen.wanted().hibernated()) {
            return Condition.when(TYPE, false, "Hibernated", "the cluster hibernates: spec.hibernated is true");
        }
        if (seen.recovering().isPresent()) {
            return Condition.recovering(TYPE, seen.recovering().get());
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
                missing.add(seen.names().member(ordinal));
            }
        }
        if (!missing.isEmpty()) {
            return Condition.when(
                    TYPE,
                    false,
                    "MembersNotReady",
                    (wanted - missing.size()) + " of " + wanted + " members are ready; not ready: "
                            + String.join(", ", missing));
        }
        return asWanted(seen, step, updated);
    }

    /** All members are ready; the spec may ask for more. */
    private static Condition asWanted(Observed seen, Step step, int updated) {
        int wanted = seen.wanted().replicas();
        // While it is paused the planner only waits: ask it for what it would do otherwise.
        Step next = seen.wanted().paused() ? new Planner().plan(seen.resumed()) : step;
        if (updated >= wanted && next instanceof Step.Done) {
            return Condition.when(TYPE, true, "AllMembersReady", "all " + wanted + " members are ready");
        }
        String left = next instanceof Step.Wait wait && wait.stuck()
                ? "an administrator must act: waitingFor says why, and what to do"
                : updated < wanted
                        ? Math.max(0, updated) + " of " + wanted + " pods are of the current spec"
                        : Sentence.of(seen.names(), next);
        return seen.wanted().paused()
                ? Condition.when(TYPE, false, "Paused", "spec.paused is true, and the spec is not in force: " + left)
                : Condition.when(TYPE, false, "Changing", "the cluster is not as its spec says yet: " + left);
    }

    private static boolean isReady(Observed seen, int ordinal) {
        boolean pod = seen.pods().stream().anyMatch(each -> each.ordinal() == ordinal && isReady(each));
        return pod
                && seen.raft()
                        .flatMap(raft -> raft.member(seen.names().member(ordinal)))
                        .filter(MemberView::voter)
                        .isPresent();
    }

    private static boolean isReady(PodView pod) {
        return pod.ready() && !pod.terminating();
    }
}
