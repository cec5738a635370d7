package io.raftgres.operator.plan;

import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RecoveryPhase;
import io.raftgres.operator.plan.Violation.Promise;
import io.raftgres.operator.plan.World.Claim;
import io.raftgres.operator.plan.World.Phase;
import io.raftgres.operator.plan.World.Pod;
import io.raftgres.operator.plan.World.StatefulSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.IntPredicate;

/**
 * Takes steps as the operator does, with the preconditions that the API server and the leader check, and checks each
 * against what was promised. It may stop between any two writes.
 */
final class Executor {

    /** The API server does not accept the step. */
    static final String REFUSED = "refused by the API server";

    private final World world;
    /** Voters that we stopped and that have not come back. */
    private final TreeSet<String> stopped = new TreeSet<>();
    /** A recovery that is asked for stops all others, also one whose claim an administrator has deleted. */
    private boolean stoppedForRecovery;

    private boolean excused;

    Executor(World world) {
        this.world = world;
    }

    /** Forgets those that are back, or no voters any more. */
    void settle() {
        stopped.removeIf(name -> world.raft
                .named(name)
                .filter(member -> member.voter() && !world.raft.isUp(member))
                .isEmpty());
    }

    /**
     * @param seen what the step was planned from
     * @param fresh nothing has happened since
     * @param crash where the operator stops: before this write of the step, counted from 0
     * @return what became of it
     */
    String take(Step step, Observed seen, boolean fresh, int crash) {
        if (crash == 0) {
            return "crashed before it";
        }
        if (world.refuses(step)) {
            return REFUSED;
        }
        return switch (step) {
            case Step.MarkFormed mark -> {
                world.formed = true;
                world.clusterId = Optional.of(mark.clusterId());
                yield "done";
            }
            case Step.CreateSet create -> {
                if (world.set.isPresent()) {
                    yield "refused: there is one";
                }
                checkCreate(create);
                world.set = Optional.of(
                        new StatefulSet(world.uid(), create.replicas(), world.spec.revision, world.spec.bytes));
                yield "done";
            }
            case Step.SetReplicas set -> setReplicas(set, seen, fresh);
            case Step.TransferLeadership transfer ->
                world.raft.transfer(transfer.to()).orElse("done");
            case Step.RemoveMember remove -> remove(remove, fresh);
            case Step.RestartPod restart -> restart(restart, fresh);
            case Step.DeleteClaim delete -> deleteClaim(delete, seen);
            case Step.ResizeClaim resize -> {
                Optional<Claim> claim = world.claim(resize.kind(), resize.ordinal())
                        .filter(each -> each.uid.equals(resize.uid()) && !each.terminating);
                // Kubernetes takes a growth back to any size above what the claim has.
                boolean accepted = claim.filter(each -> resize.bytes() > each.bytes || resize.bytes() > each.capacity)
                        .isPresent();
                claim.filter(each -> accepted).ifPresent(each -> each.bytes = resize.bytes());
                yield accepted ? "done" : claim.isPresent() ? REFUSED : "refused";
            }
            case Step.RecreateSet recreate -> {
                boolean same =
                        world.set.filter(set -> set.uid.equals(recreate.uid())).isPresent();
                world.set = same ? Optional.empty() : world.set;
                yield same ? "done" : "refused";
            }
            case Step.StartRecovery start -> {
                if (!world.pods.isEmpty() && fresh) {
                    throw new Violation(Promise.RECOVERY_ONLY_WHEN_LOST, "a recovery starts while pods run");
                }
                world.recovery =
                        world.recovery.or(() -> Optional.of(new World.RecoveryPod(start.recovery(), world.uid())));
                yield "done";
            }
            case Step.EndRecovery end -> {
                world.clusterId = Optional.empty();
                if (crash == 1) {
                    yield "crashed after the first write";
                }
                world.recoveredFrom = Optional.of(end.recovery().clusterId());
                if (crash == 2) {
                    yield "crashed after the second write";
                }
                world.recovery = Optional.empty();
                yield "done";
            }
            case Step.RemoveRecovery remove -> {
                boolean same = world.recovery
                        .filter(run -> run.version().equals(remove.version()))
                        .isPresent();
                if (same && world.recovery.get().phase == RecoveryPhase.RUNNING) {
                    // Whatever is killed may have come to its end.
                    world.recover(world.recovery.get().of);
                }
                world.recovery = same ? Optional.empty() : world.recovery;
                yield same ? "done" : "refused";
            }
            case Step.Wait wait -> "waits";
            case Step.Done done -> "done";
        };
    }

    private void checkCreate(Step.CreateSet create) {
        boolean deletes = world.pods.values().stream().anyMatch(pod -> pod.ordinal >= create.replicas());
        if (deletes) {
            throw new Violation(Promise.QUORUM_KEPT, "the StatefulSet is made so small that it deletes pods");
        }
    }

    private String setReplicas(Step.SetReplicas step, Observed seen, boolean fresh) {
        if (world.set.filter(set -> set.replicas == step.from()).isEmpty()) {
            return "refused: other replicas";
        }
        boolean asked = seen.wanted().hibernated() || seen.recovering().isPresent();
        if (seen.wanted().recovery().isPresent()
                && fresh
                && step.to() == 0
                && world.raft.leader.isPresent()
                && seen.raft().isPresent()) {
            throw new Violation(Promise.RECOVERY_ONLY_WHEN_LOST, "a cluster with a leader is stopped for a recovery");
        }
        for (int ordinal = step.to(); ordinal < step.from(); ordinal++) {
            Optional<RaftModel.Member> member = world.raft.memberOn(ordinal).filter(RaftModel.Member::voter);
            if (!asked && fresh && member.isPresent()) {
                throw new Violation(Promise.QUORUM_KEPT, World.name(ordinal) + " votes, and its pod is scaled away");
            }
        }
        stoppedForRecovery |= seen.recovering().isPresent();
        if (!fresh) {
            tooLateForDeletedData(ordinal -> ordinal >= step.to());
        }
        world.set.get().replicas = step.to();
        return "done";
    }

    private String remove(Step.RemoveMember step, boolean fresh) {
        RaftModel raft = world.raft;
        if (raft.members.containsKey(step.memberId()) && fresh) {
            if (raft.leader.filter(step.memberId()::equals).isPresent()) {
                throw new Violation(Promise.LEADER_TRANSFERRED, step.name() + " leads and is removed");
            }
            int ordinal = World.ordinal(step.name());
            if (ordinal < world.spec.replicas) {
                throw new Violation(Promise.AS_WANTED, step.name() + " is wanted and is removed");
            }
            boolean higher = raft.members.values().stream().anyMatch(each -> World.ordinal(each.name()) > ordinal);
            if (higher) {
                throw new Violation(Promise.AS_WANTED, step.name() + " is removed, and is not the highest");
            }
        }
        Optional<String> refusal = raft.remove(step.memberId());
        if (fresh && refusal.filter("unsafe"::equals).isPresent()) {
            throw new Violation(Promise.QUORUM_KEPT, "the removal of " + step.name() + " would cost the quorum");
        }
        return refusal.orElse("done");
    }

    private String restart(Step.RestartPod step, boolean fresh) {
        Pod pod = world.pods.get(step.ordinal());
        if (pod == null || !pod.version().equals(step.version())) {
            return "refused: another pod, or it has changed";
        }
        RaftModel raft = world.raft;
        Optional<RaftModel.Member> voter =
                raft.memberOn(step.ordinal()).filter(RaftModel.Member::voter).filter(raft::isUp);
        if (voter.isPresent()) {
            checkStop(pod, voter.get(), fresh);
            stopped.add(voter.get().name());
        }
        pod.phase = Phase.TERMINATING;
        return "done";
    }

    private void checkStop(Pod pod, RaftModel.Member voter, boolean fresh) {
        RaftModel raft = world.raft;
        boolean only = raft.voters().size() == 1;
        if (stopped.stream().anyMatch(name -> !name.equals(voter.name()))) {
            throw new Violation(
                    Promise.ONE_DOWN_BY_OUR_HAND, voter.name() + " is stopped while " + stopped + " is down");
        }
        if (!fresh) {
            tooLateForDeletedData(ordinal -> ordinal == pod.ordinal);
            return;
        }
        if (only && deleted(pod.ordinal)) {
            throw new Violation(
                    Promise.DATA_KEPT, voter.name() + " is the only voter, its claim goes, and it is stopped");
        }
        if (raft.leader.filter(voter.id()::equals).isPresent() && !only) {
            throw new Violation(Promise.LEADER_TRANSFERRED, voter.name() + " leads and is stopped");
        }
        if (raft.leader.isPresent()
                && !only
                && raft.upVoters().size() - 1 < RaftModel.majority(raft.voters().size())) {
            throw new Violation(Promise.QUORUM_KEPT, "stopping " + voter.name() + " costs the quorum");
        }
    }

    /**
     * An administrator deleted the data of most while the write was in flight, which nothing can call back: excused.
     */
    private void tooLateForDeletedData(IntPredicate stops) {
        List<RaftModel.Member> voters = world.raft.voters();
        long kept = voters.stream()
                .mapToInt(voter -> World.ordinal(voter.name()))
                .filter(ordinal -> !(stops.test(ordinal) && deleted(ordinal)))
                .count();
        excused |= kept < RaftModel.majority(voters.size());
    }

    private boolean deleted(int ordinal) {
        return world.claims(ordinal).stream().anyMatch(claim -> claim.terminating);
    }

    private String deleteClaim(Step.DeleteClaim step, Observed seen) {
        Optional<Claim> claim = world.claim(step.kind(), step.ordinal()).filter(each -> each.uid.equals(step.uid()));
        if (claim.isEmpty() || claim.get().terminating) {
            return "refused: another claim";
        }
        boolean recovering = seen.recovery()
                .filter(run -> run.phase() == RecoveryPhase.SUCCEEDED
                        && World.ordinal(run.of().member()) != step.ordinal())
                .isPresent();
        if (seen.wanted().hibernated()
                && !recovering
                && !world.pods.containsKey(step.ordinal())
                && world.set.filter(set -> set.replicas == 0).isPresent()) {
            throw new Violation(Promise.CLAIMS_OF_MEMBERS_STAY, "a claim is deleted of a cluster that hibernates");
        }
        if (!recovering && world.raft.memberOn(step.ordinal()).isPresent()) {
            throw new Violation(
                    Promise.CLAIMS_OF_MEMBERS_STAY,
                    "a claim of " + World.name(step.ordinal()) + " is deleted, which is a member");
        }
        claim.get().terminating = true;
        return "done";
    }

    /** As many voters as make a majority have their data, unless that was taken from them. */
    void checkData() {
        if (world.disaster) {
            return;
        }
        RaftModel raft = world.raft;
        boolean begun = raft.voters().stream()
                .anyMatch(voter -> raft.data(voter).memberId.equals(voter.id()));
        long kept = raft.voters().stream()
                .filter(voter ->
                        world.claim(ClaimKind.DATA, World.ordinal(voter.name())).isPresent()
                                && raft.data(voter).memberId.equals(voter.id()))
                .count();
        if (!world.formed || begun && kept >= RaftModel.majority(raft.voters().size())) {
            return;
        }
        world.disaster = stoppedForRecovery;
        world.over = excused && !world.disaster;
        if (!world.disaster && !world.over) {
            throw new Violation(
                    Promise.DATA_KEPT,
                    "only " + kept + " of " + raft.voters().size() + " voters have their data: " + world);
        }
    }
}
