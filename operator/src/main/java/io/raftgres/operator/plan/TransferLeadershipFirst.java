package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Guard;
import io.raftgres.operator.model.MemberView;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Transfers leadership to another voter before the leader is stopped or removed.
 *
 * <p>Before: c-0 leads and is to be stopped. After: c-1 leads, and c-0 may be stopped.
 */
final class TransferLeadershipFirst {

    private TransferLeadershipFirst() {}

    /**
     * @param why the reason for the step, in a few words
     * @param step taken when the member does not lead; while it is refused, leadership stays
     */
    static Optional<Step> orElse(ClusterState seen, String member, String why, Supplier<Step> step) {
        Step then = seen.unlessRefused(step.get());
        if (then instanceof Step.Wait
                || seen.objection(member, Guard.NOT_THE_LEADER).isEmpty()) {
            return Optional.of(then);
        }
        Optional<MemberView> successor = seen.successor();
        return successor.isPresent()
                ? Optional.of(new Step.TransferLeadership(successor.get().name(), why + ", and " + member + " leads"))
                : Rule.waiting(why + ", but " + member + " leads and no other voter is healthy enough to take over");
    }
}
