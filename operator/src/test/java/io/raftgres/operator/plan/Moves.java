package io.raftgres.operator.plan;

import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.model.ForcedRecovery;
import io.raftgres.operator.model.RecoveryPhase;
import io.raftgres.operator.plan.World.Claim;
import io.raftgres.operator.plan.World.Data;
import io.raftgres.operator.plan.World.Image;
import io.raftgres.operator.plan.World.Phase;
import io.raftgres.operator.plan.World.Pod;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What happens that is not the operator's doing: Kubernetes and the nodes at work, faults, and people. */
final class Moves {

    private static final List<String> REFUSABLE = List.of(
            "ResizeClaim",
            "ResizeClaim DATA",
            "RestartPod",
            "SetReplicas",
            "DeleteClaim DATA",
            "CreateSet",
            "RecreateSet",
            "MarkFormed",
            "TransferLeadership",
            "RemoveMember",
            "StartRecovery",
            "EndRecovery",
            "RemoveRecovery");

    record Move(String label, Runnable run) {}

    private final World world;

    Moves(World world) {
        this.world = world;
    }

    private int roll(int bound) {
        return world.random.nextInt(bound);
    }

    // Kubernetes and the nodes at work: all that brings things forward

    List<Move> progress() {
        List<Move> moves = new ArrayList<>();
        world.set.ifPresent(set -> controller(set, moves));
        for (Pod pod : world.pods.values()) {
            kubelet(pod, moves);
        }
        for (Claim claim : world.claims.values()) {
            if (claim.terminating && !world.pods.containsKey(claim.ordinal)) {
                moves.add(new Move(
                        "claim " + World.key(claim.kind, claim.ordinal) + " goes", () -> world.removeClaim(claim)));
            }
        }
        for (Claim claim : world.claims.values()) {
            if (claim.bytes > claim.capacity && !claim.resizeFails && !claim.terminating) {
                moves.add(new Move(
                        "claim " + World.key(claim.kind, claim.ordinal) + " grows",
                        () -> claim.capacity = claim.bytes));
            }
        }
        raft(moves);
        world.recovery
                .filter(run -> run.phase == RecoveryPhase.PENDING)
                .ifPresent(run -> moves.add(new Move("the recovery begins", () -> run.phase = RecoveryPhase.RUNNING)));
        world.recovery
                .filter(run -> run.phase == RecoveryPhase.RUNNING)
                .ifPresent(run -> moves.add(new Move("the recovery ends", () -> endRecovery(run))));
        return moves;
    }

    private void controller(World.StatefulSet set, List<Move> moves) {
        for (int each = 0; each < set.replicas; each++) {
            int ordinal = each;
            boolean going = world.claims(ordinal).stream().anyMatch(claim -> claim.terminating);
            if (!world.pods.containsKey(ordinal) && !going) {
                moves.add(new Move("pod " + ordinal + " is made", () -> makePod(set, ordinal)));
            }
        }
        for (Pod pod : world.pods.values()) {
            if (pod.ordinal >= set.replicas && pod.phase != Phase.TERMINATING) {
                moves.add(new Move("pod " + pod.ordinal + " is scaled away", () -> pod.phase = Phase.TERMINATING));
            }
        }
    }

    private void makePod(World.StatefulSet set, int ordinal) {
        for (ClaimKind kind : world.kinds()) {
            if (world.claim(kind, ordinal).isEmpty()) {
                world.claims.put(World.key(kind, ordinal), new Claim(kind, ordinal, world.uid(), set.bytes));
                world.disk(ordinal).clear();
            }
        }
        world.pods.put(ordinal, new Pod(ordinal, world.uid(), set.revision));
    }

    private void kubelet(Pod pod, List<Move> moves) {
        int ordinal = pod.ordinal;
        if (!world.isReachable(ordinal)) {
            return;
        }
        switch (pod.phase) {
            case STARTING ->
                moves.add(new Move("pod " + ordinal + " runs", () -> {
                    pod.phase = Phase.RUNNING;
                    pod.joins = world.formed;
                }));
            case TERMINATING -> {
                // Behind a cut the kubelet hears of no deletion.
                if (!world.cut[ordinal]) {
                    moves.add(new Move("pod " + ordinal + " is gone", () -> world.pods.remove(ordinal)));
                }
            }
            case RUNNING -> {
                Data data = world.disk(ordinal);
                if (!world.runs(ordinal) || pod.sawRemoval) {
                    return;
                }
                if (data.isBlank() && !pod.joins && world.formed && !world.raft.canIdentify(ordinal)) {
                    moves.add(new Move(
                            "pod " + ordinal + " starts again and reads that it is to join", () -> pod.joins = true));
                } else if (data.isBlank() && world.raft.canIdentify(ordinal)) {
                    moves.add(new Move("pod " + ordinal + " finds out who it is", () -> world.raft.identify(ordinal)));
                } else if (!data.isBlank() && world.raft.memberOn(ordinal).isEmpty() && world.raft.leader.isPresent()) {
                    moves.add(new Move("pod " + ordinal + " hears of its removal", () -> pod.sawRemoval = true));
                }
            }
        }
    }

    private void raft(List<Move> moves) {
        RaftModel raft = world.raft;
        if (raft.canElect()) {
            moves.add(new Move("an election", raft::elect));
        }
        if (raft.leader.isEmpty()) {
            return;
        }
        for (RaftModel.Member member : raft.members.values()) {
            if (raft.isUp(member) && raft.lag(World.ordinal(member.name())) > 0) {
                moves.add(new Move(member.name() + " catches up", () -> raft.catchUp(member)));
            }
            if (raft.canPromote(member)) {
                moves.add(new Move(member.name() + " becomes a voter", () -> raft.promote(member)));
            }
        }
    }

    private void endRecovery(World.RecoveryPod run) {
        run.phase = world.recover(run.of) ? RecoveryPhase.SUCCEEDED : RecoveryPhase.FAILED;
    }

    // Faults

    List<Move> faults() {
        List<Move> moves = new ArrayList<>();
        if (world.raft.leader.isPresent()) {
            moves.add(new Move("a write", world.raft::write));
            moves.add(new Move("a write", world.raft::write));
            moves.add(new Move("the leader is deposed", () -> world.raft.leader = Optional.empty()));
        }
        for (Pod pod : world.pods.values()) {
            int ordinal = pod.ordinal;
            if (pod.phase == Phase.RUNNING) {
                moves.add(new Move("container " + ordinal + " dies", () -> pod.phase = Phase.STARTING));
            }
            boolean going = world.claims(ordinal).stream().anyMatch(claim -> claim.terminating);
            if (!going && pod.phase != Phase.TERMINATING) {
                moves.add(new Move(
                        "pod " + ordinal + " is deleted by an administrator", () -> pod.phase = Phase.TERMINATING));
            }
            moves.add(
                    world.nodeLost[ordinal]
                            ? new Move("node of " + ordinal + " is back", () -> world.nodeLost[ordinal] = false)
                            : new Move("node of " + ordinal + " is lost", () -> world.nodeLost[ordinal] = true));
        }
        cuts(moves);
        claimFaults(moves);
        refusals(moves);
        return moves;
    }

    /** Machines lose the API server and the operator: one of them, or all at once. */
    private void cuts(List<Move> moves) {
        if (roll(3) > 0 || world.pods.isEmpty()) {
            return;
        }
        List<Integer> ordinals = List.copyOf(world.pods.keySet());
        boolean any = ordinals.stream().anyMatch(ordinal -> world.cut[ordinal]);
        boolean recovers = world.disaster || world.spec.recovery.isPresent() || world.recovery.isPresent();
        if (any) {
            moves.add(new Move("the API server reaches all machines", () -> Arrays.fill(world.cut, false)));
        } else if (!recovers) {
            int one = ordinals.get(roll(ordinals.size()));
            moves.add(new Move("machine of " + one + " is cut off", () -> world.cut[one] = true));
            moves.add(new Move("all machines are cut off", () -> Arrays.fill(world.cut, true)));
        }
    }

    private boolean isCut() {
        return world.pods.keySet().stream().anyMatch(ordinal -> world.cut[ordinal]);
    }

    /** Quotas, policies and webhooks refuse a kind of step, or one step; and storage runs out of space. */
    private void refusals(List<Move> moves) {
        if (!world.refused.isEmpty()) {
            String key = world.refused.first();
            moves.add(new Move(key + " is accepted again", () -> world.refused.remove(key)));
        }
        if (roll(3) == 0) {
            String key = REFUSABLE.get(roll(REFUSABLE.size())) + (roll(2) == 0 ? "" : " " + roll(5));
            moves.add(new Move(key + " is refused from now on", () -> world.refused.add(key)));
        }
        world.claims.values().stream()
                .filter(claim -> claim.bytes > claim.capacity)
                .findFirst()
                .ifPresent(claim -> moves.add(new Move(
                        "the growth of " + World.key(claim.kind, claim.ordinal) + " fails: " + !claim.resizeFails,
                        () -> claim.resizeFails = !claim.resizeFails)));
    }

    private boolean isIntact(RaftModel.Member voter) {
        List<Claim> claims = world.claims(World.ordinal(voter.name()));
        return world.raft.isUp(voter)
                && world.raft.lag(World.ordinal(voter.name())) == 0
                && claims.size() == world.kinds().size()
                && claims.stream().noneMatch(claim -> claim.terminating);
    }

    private void claimFaults(List<Move> moves) {
        List<RaftModel.Member> voters = world.raft.voters();
        boolean calm = world.formed
                && world.raft.leader.isPresent()
                && voters.stream().allMatch(this::isIntact)
                && world.set.filter(set -> set.replicas >= world.pods.size()).isPresent()
                && world.recovery.isEmpty()
                && world.spec.recovery.isEmpty();
        if (!calm) {
            return;
        }
        for (RaftModel.Member voter : voters) {
            Claim claim = world.claims(World.ordinal(voter.name()))
                    .get(roll(world.kinds().size()));
            moves.add(new Move(
                    "claim of " + voter.name() + " is deleted by an administrator", () -> claim.terminating = true));
        }
        if (voters.size() >= 3 && roll(4) == 0) {
            moves.add(new Move("most disks are lost", () -> disaster(voters)));
        }
    }

    private void disaster(List<RaftModel.Member> voters) {
        world.disaster = true;
        voters.stream().limit(RaftModel.majority(voters.size())).forEach(voter -> {
            int ordinal = World.ordinal(voter.name());
            world.claims(ordinal).forEach(world::removeClaim);
            world.pods.remove(ordinal);
        });
    }

    // People

    List<Move> people() {
        World.Spec spec = world.spec;
        List<Move> moves = new ArrayList<>();
        int replicas = 1 + 2 * roll(3);
        moves.add(new Move("replicas " + replicas, () -> spec.replicas = replicas));
        moves.add(new Move("paused " + !spec.paused, () -> spec.paused = !spec.paused));
        moves.add(new Move("hibernated " + !spec.hibernated, () -> spec.hibernated = !spec.hibernated));
        moves.add(new Move("a larger disk", () -> spec.bytes++));
        // The API server refuses to set the size below what a claim has.
        if (world.claims.values().stream().allMatch(claim -> claim.capacity < spec.bytes) && spec.bytes > 10) {
            moves.add(new Move("a smaller disk", () -> spec.bytes--));
        }
        Image image =
                List.of(Image.GOOD, Image.GOOD, Image.BROKEN, Image.NEVER_READY).get(roll(4));
        moves.add(new Move("image " + image, () -> newImage(image)));
        moves.add(new Move("good image", () -> newImage(Image.GOOD)));
        if (spec.recovery.isPresent()) {
            moves.add(new Move("recovery withdrawn", () -> spec.recovery = Optional.empty()));
        }
        if (!isCut() && (world.disaster || roll(8) == 0)) {
            askForRecovery().ifPresent(moves::add);
        }
        if (world.formed && roll(4) == 0) {
            moves.add(new Move("deleted and applied again", this::reapply));
        }
        boolean recovering = spec.recovery.isPresent() || world.recovery.isPresent();
        world.set.filter(set -> roll(4) == 0 && !isDataGoing() && !recovering).ifPresent(set -> {
            int by = Math.max(0, set.replicas - 1 + roll(3));
            moves.add(new Move("StatefulSet scaled by hand to " + by, () -> set.replicas = by));
        });
        return moves;
    }

    private boolean isDataGoing() {
        return world.claims.values().stream().anyMatch(claim -> claim.terminating);
    }

    private void newImage(Image image) {
        world.images.add(image);
        world.spec.revision = world.images.size() - 1;
    }

    private void reapply() {
        if (!isDataGoing() && world.recovery.isEmpty()) {
            world.set = Optional.empty();
            world.pods.values().forEach(pod -> pod.phase = Phase.TERMINATING);
        }
    }

    Optional<Move> askForRecovery() {
        return world.raft.voters().stream()
                .filter(voter -> world.raft.data(voter).memberId.equals(voter.id())
                        && world.claim(ClaimKind.DATA, World.ordinal(voter.name()))
                                .isPresent())
                .max(Comparator.comparingLong(voter -> world.raft.data(voter).index))
                .map(voter -> new ForcedRecovery(voter.name(), world.raft.clusterId))
                .map(asked -> new Move(asked.toString(), () -> world.spec.recovery = Optional.of(asked)));
    }
}
