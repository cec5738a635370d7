package io.raftgres.operator.apply;

import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus.MemberStatus;
import io.raftgres.operator.plan.Observed;
import io.raftgres.operator.plan.Observed.MemberView;
import io.raftgres.operator.plan.Observed.PodView;
import io.raftgres.operator.plan.Observed.RaftView;
import io.raftgres.operator.plan.Step;
import io.raftgres.operator.resource.Names;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The status of a RaftCluster, from what was seen and what is done about it. */
public final class StatusReport {

    private StatusReport() {}

    /** @param image of the nodes */
    public static RaftClusterStatus of(RaftCluster cluster, Observed seen, Step step, String image) {
        Optional<RaftView> raft = seen.raft();
        List<MemberView> members = raft.map(RaftView::members).orElse(List.of());
        Optional<String> leader = raft.flatMap(RaftView::leader);
        return new RaftClusterStatus(
                cluster.getMetadata().getGeneration(),
                seen.pods().size(),
                (int) seen.pods().stream().filter(PodView::ready).count(),
                selector(cluster),
                seen.clusterId().or(() -> raft.map(RaftView::clusterId)).orElse(null),
                leader.orElse(null),
                raft.map(RaftView::term).orElse(null),
                quorum(members),
                members.stream().filter(MemberView::connected).map(MemberView::version)
                        .filter(version -> version != null && !version.isEmpty())
                        .min(Comparator.naturalOrder()).orElse(null),
                image,
                waitingFor(step).orElse(null),
                members.isEmpty() ? null : members.stream().map(member -> member(member, leader))
                        .sorted(Comparator.comparing(MemberStatus::name)).toList(),
                cluster.getStatus() == null ? null : cluster.getStatus().recoveredFrom(),
                null);
    }

    /** @return one line; empty when all is as wanted */
    public static Optional<String> waitingFor(Step step) {
        return step instanceof Step.Wait wait ? Optional.of(wait.reason()) : Steps.told(step).map(told -> told.getValue());
    }

    private static String selector(RaftCluster cluster) {
        return Names.of(cluster).selector().entrySet().stream()
                .map(label -> label.getKey() + "=" + label.getValue()).collect(Collectors.joining(","));
    }

    private static String quorum(List<MemberView> members) {
        long voters = members.stream().filter(MemberView::voter).count();
        long connected = members.stream().filter(member -> member.voter() && member.connected()).count();
        return voters == 0 ? null : connected + "/" + voters;
    }

    private static MemberStatus member(MemberView member, Optional<String> leader) {
        String role = leader.filter(member.name()::equals).isPresent() ? "leader" : member.voter() ? "follower" : "learner";
        String state = !member.connected() ? "unreachable" : member.serving() ? "serving" : "rebuilding";
        return new MemberStatus(member.name(), member.id(), role, state, member.matchIndex(), member.lag(),
                member.version(), member.alarms().isEmpty() ? null : member.alarms());
    }
}
