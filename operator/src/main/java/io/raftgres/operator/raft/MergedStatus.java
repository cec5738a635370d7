package io.raftgres.operator.raft;

import io.raftgres.operator.model.LogEnd;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.RaftView;
import io.raftgres.operator.raft.NodeResponse.ClusterView;
import io.raftgres.operator.raft.NodeResponse.Member;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Merges the nodes' reports into one status. The leader's own report counts if a majority of the voters follows it: a
 * leader that was cut off does not know yet that there is another one.
 */
public final class MergedStatus {

    private static final String UNREACHABLE = "unreachable";

    private MergedStatus() {}

    /** @param responses the nodes' responses, by pod name */
    public static Optional<RaftView> of(Map<String, NodeResponse> responses) {
        List<ClusterView> views = views(responses);
        Map<String, ClusterView> bySelf =
                views.stream().collect(Collectors.toMap(ClusterView::self, view -> view, (one, other) -> one));
        return leader(responses)
                .map(view -> led(view, bySelf))
                .or(() -> views.stream()
                        .max(Comparator.comparingLong(ClusterView::term))
                        .map(view -> leaderless(view, bySelf)));
    }

    /** @return the report of the leader that a majority of the voters follows */
    public static Optional<ClusterView> leader(Map<String, NodeResponse> responses) {
        return views(responses).stream()
                .filter(view -> leads(view) && hasMajority(view))
                .max(Comparator.comparingLong(ClusterView::term));
    }

    private static List<ClusterView> views(Map<String, NodeResponse> responses) {
        return responses.values().stream()
                .filter(NodeResponse.View.class::isInstance)
                .map(response -> ((NodeResponse.View) response).cluster())
                .toList();
    }

    private static boolean leads(ClusterView view) {
        return view.leader() != null && view.leader().id().equals(view.self());
    }

    private static boolean hasMajority(ClusterView view) {
        long voters = view.members().stream().filter(Member::voter).count();
        long connected = view.members().stream()
                .filter(member -> member.voter() && connected(member))
                .count();
        return connected > voters / 2;
    }

    private static boolean connected(Member member) {
        return !member.role().equals(UNREACHABLE);
    }

    private static RaftView led(ClusterView leader, Map<String, ClusterView> bySelf) {
        List<MemberView> members = leader.members().stream()
                .map(member -> new MemberView(
                        member.name(),
                        member.id(),
                        member.voter(),
                        bySelf.containsKey(member.id()) && member.state().equals("serving"),
                        connected(member),
                        member.matchIndex(),
                        member.lag(),
                        member.alarms(),
                        member.version()))
                .toList();
        return new RaftView(
                leader.clusterId(), leader.term(), Optional.of(leader.leader().name()), members);
    }

    /** Takes from each node's report what it says about itself, such as the end of its log. */
    private static RaftView leaderless(ClusterView newest, Map<String, ClusterView> bySelf) {
        List<MemberView> members = newest.members().stream()
                .map(member -> {
                    Optional<Member> own = Optional.ofNullable(bySelf.get(member.id()))
                            .flatMap(view -> view.members().stream()
                                    .filter(each -> each.id().equals(view.self()))
                                    .findFirst());
                    Member best = own.orElse(member);
                    return new MemberView(
                            member.name(),
                            member.id(),
                            member.voter(),
                            own.isPresent() && best.state().equals("serving"),
                            own.isPresent(),
                            own.map(Member::commitIndex).orElse(0L),
                            0,
                            best.alarms(),
                            best.version(),
                            own.flatMap(MergedStatus::logEnd));
                })
                .toList();
        return new RaftView(newest.clusterId(), newest.term(), Optional.empty(), members);
    }

    private static Optional<LogEnd> logEnd(Member own) {
        return own.lastTerm() == null || own.lastIndex() == null
                ? Optional.empty()
                : Optional.of(new LogEnd(own.lastTerm(), own.lastIndex()));
    }
}
