package io.raftgres.operator.plan;

import io.raftgres.operator.model.ClaimView;
import io.raftgres.operator.model.ImagePolicy;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.PodView;
import io.raftgres.operator.model.RaftView;
import io.raftgres.operator.model.RecoveryView;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.model.ResizeView;
import io.raftgres.operator.model.SetView;
import io.raftgres.operator.model.Wanted;
import io.raftgres.operator.plan.World.Claim;
import io.raftgres.operator.plan.World.Image;
import io.raftgres.operator.plan.World.Phase;
import io.raftgres.operator.plan.World.Pod;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What the operator sees of the world. */
final class View {

    private View() {}

    static Observed of(World world, Optional<RaftView> raft, List<RefusedWrite> refused) {
        OptionalLong log = world.logs ? OptionalLong.of(world.spec.bytes) : OptionalLong.empty();
        return new Observed(
                World.NAME,
                new Wanted(
                        world.spec.replicas,
                        world.spec.paused,
                        world.spec.hibernated,
                        world.spec.bytes,
                        log,
                        world.spec.recovery.filter(asked -> world.recoveredFrom
                                .filter(asked.clusterId()::equals)
                                .isEmpty()),
                        new ImagePolicy(Optional.empty(), false)),
                world.formed,
                world.clusterId,
                world.firstMembers,
                world.set.map(set -> new SetView(
                        set.uid,
                        set.replicas,
                        "r" + set.revision,
                        set.bytes,
                        world.logs ? OptionalLong.of(set.bytes) : OptionalLong.empty(),
                        "")),
                world.pods.values().stream().map(pod -> pod(world, pod)).toList(),
                world.claims.values().stream().map(View::claim).toList(),
                raft,
                world.recovery.map(run -> new RecoveryView(run.of, run.phase, run.version(), "its disk is full")),
                refused);
    }

    private static PodView pod(World world, Pod pod) {
        boolean current = world.set.isEmpty() || world.set.get().revision == pod.revision;
        boolean cut = world.cut[pod.ordinal];
        Optional<String> trouble = cut || !world.isReachable(pod.ordinal)
                ? Optional.of("its node does not answer")
                : pod.phase == Phase.RUNNING && world.image(pod) == Image.BROKEN
                        ? Optional.of("its image does not start")
                        : Optional.empty();
        return new PodView(
                pod.ordinal,
                pod.version(),
                world.isReady(pod.ordinal) && !cut,
                current,
                pod.phase == Phase.TERMINATING,
                pod.sawRemoval && !cut,
                trouble,
                trouble.isPresent() && !cut && world.isReachable(pod.ordinal),
                Optional.empty());
    }

    private static ClaimView claim(Claim claim) {
        return new ClaimView(
                claim.kind,
                claim.ordinal,
                claim.uid,
                claim.bytes,
                claim.capacity,
                true,
                claim.terminating,
                claim.resizeFails ? Optional.of(new ResizeView(true, "no space")) : Optional.empty());
    }

    /** @return what the leader says, or a member that is heard when the leader is not */
    static Optional<RaftView> raft(World world) {
        RaftModel raft = world.raft;
        if (raft.members.values().stream().noneMatch(member -> isHeard(world, member))) {
            return Optional.empty();
        }
        Optional<RaftModel.Member> leader = raft.leader.map(raft.members::get).filter(member -> isHeard(world, member));
        List<MemberView> members = raft.members.values().stream()
                .map(member -> {
                    int ordinal = World.ordinal(member.name());
                    boolean heard = isHeard(world, member);
                    return new MemberView(
                            member.name(),
                            member.id(),
                            member.voter(),
                            heard && world.image(world.pods.get(ordinal)) == Image.GOOD,
                            heard || leader.isPresent() && raft.isUp(member),
                            raft.data(member).index,
                            leader.isPresent() ? raft.lag(ordinal) : 0,
                            List.of(),
                            "1");
                })
                .toList();
        return Optional.of(new RaftView(raft.clusterId, raft.term, leader.map(RaftModel.Member::name), members));
    }

    private static boolean isHeard(World world, RaftModel.Member member) {
        return world.raft.isUp(member) && !world.cut[World.ordinal(member.name())];
    }
}
