package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Electorate;
import io.raftgres.operator.guard.Electorate.Voter;
import io.raftgres.operator.guard.Guard;
import io.raftgres.operator.plan.Observed.ClaimKind;
import io.raftgres.operator.plan.Observed.ClaimView;
import io.raftgres.operator.plan.Observed.MemberView;
import io.raftgres.operator.plan.Observed.PodView;
import io.raftgres.operator.plan.Observed.RaftView;
import io.raftgres.operator.plan.Observed.Wanted;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** What rules ask of an {@link Observed}: who is who, and who is well. */
final class ClusterState {

    private final Observed observed;
    private final Set<Guard> guards;
    private final Electorate electorate;

    ClusterState(Observed observed, Set<Guard> guards) {
        this.observed = observed;
        this.guards = guards;
        this.electorate = new Electorate(
                leader(),
                voters().stream().map(this::voter).toList(),
                members().stream().map(MemberView::name).collect(Collectors.toSet()));
    }

    private Voter voter(MemberView member) {
        return new Voter(member.name(), isUp(member), isWell(member), member.lag());
    }

    Observed observed() {
        return observed;
    }

    Wanted wanted() {
        return observed.wanted();
    }

    /** @return why it may not be done to the member, by the first guard that objects */
    Optional<String> objection(String member, Guard... asked) {
        for (Guard guard : asked) {
            Optional<String> objection =
                    guards.contains(guard) ? guard.objection(electorate, member) : Optional.empty();
            if (objection.isPresent()) {
                return objection;
            }
        }
        return Optional.empty();
    }

    // Names

    String name(int ordinal) {
        return observed.cluster() + "-" + ordinal;
    }

    /** @return empty for a member that is none of ours */
    OptionalInt ordinal(String member) {
        String prefix = observed.cluster() + "-";
        String rest = member.startsWith(prefix) ? member.substring(prefix.length()) : "";
        return rest.matches("0|[1-9][0-9]{0,4}") ? OptionalInt.of(Integer.parseInt(rest)) : OptionalInt.empty();
    }

    int ordinalOf(MemberView member) {
        return ordinal(member.name()).orElse(-1);
    }

    static String list(List<String> names) {
        return names.size() < 2
                ? String.join("", names)
                : String.join(", ", names.subList(0, names.size() - 1)) + " and " + names.getLast();
    }

    // Kubernetes

    int replicas() {
        return observed.set().map(Observed.SetView::replicas).orElse(0);
    }

    List<PodView> pods() {
        return observed.pods().stream()
                .sorted(Comparator.comparingInt(PodView::ordinal))
                .toList();
    }

    Optional<PodView> pod(int ordinal) {
        return observed.pods().stream().filter(pod -> pod.ordinal() == ordinal).findFirst();
    }

    /** In the order of their ordinals as numbers: 10 comes after 9. */
    List<ClaimView> claims() {
        return observed.claims().stream()
                .sorted(Comparator.comparingInt(ClaimView::ordinal).thenComparing(ClaimView::kind))
                .toList();
    }

    List<ClaimView> claims(int ordinal) {
        return claims().stream().filter(claim -> claim.ordinal() == ordinal).toList();
    }

    /** Its data goes when it stops: only {@link ReleaseClaims} may do that. */
    boolean losesDataWhenStopped(PodView pod) {
        return claims(pod.ordinal()).stream().anyMatch(ClaimView::terminating);
    }

    String name(ClaimView claim) {
        return (claim.kind() == ClaimKind.DATA ? "data-" : "log-") + name(claim.ordinal());
    }

    /** @return how many pods it takes for every pod and every claim of data to be used; 0 when there is neither */
    int highest() {
        int ofClaims = observed.claims().stream()
                .filter(claim -> claim.kind() == ClaimKind.DATA)
                .mapToInt(ClaimView::ordinal)
                .max()
                .orElse(-1);
        return 1 + observed.pods().stream().mapToInt(PodView::ordinal).reduce(ofClaims, Math::max);
    }

    // Members

    Optional<String> leader() {
        return observed.raft().flatMap(RaftView::leader);
    }

    List<MemberView> members() {
        return observed.raft().map(RaftView::members).orElse(List.of());
    }

    List<MemberView> voters() {
        return members().stream().filter(MemberView::voter).toList();
    }

    Optional<MemberView> member(int ordinal) {
        return observed.raft().flatMap(raft -> raft.member(name(ordinal)));
    }

    boolean isUp(MemberView member) {
        Optional<PodView> pod = podOf(member);
        return member.connected() && pod.map(each -> !each.terminating()).orElse(isForeign(member));
    }

    boolean isWell(MemberView member) {
        return isUp(member)
                && member.serving()
                && (isForeign(member) || podOf(member).orElseThrow().ready());
    }

    private Optional<PodView> podOf(MemberView member) {
        OptionalInt ordinal = ordinal(member.name());
        return ordinal.isPresent() ? pod(ordinal.getAsInt()) : Optional.empty();
    }

    private boolean isForeign(MemberView member) {
        return ordinal(member.name()).isEmpty();
    }

    /**
     * Who is to lead instead of the leader: of the voters that are well, one that stays, is of the newest revision, has
     * no alarm, and is furthest. When the leader is not well either, or there is only one
     * other voter, it will do that it answers.
     */
    Optional<MemberView> successor() {
        boolean leaderIsWell = voters().stream()
                .anyMatch(member -> leader().filter(member.name()::equals).isPresent() && isWell(member));
        return voters().stream()
                .filter(member -> isWell(member) || isUp(member) && (!leaderIsWell || voters().size() == 2))
                .filter(member -> leader().filter(member.name()::equals).isEmpty())
                .filter(member -> member.lag() <= Electorate.LAG_MAX)
                .max(Comparator.comparing(this::isWell)
                        .thenComparing(member -> ordinalOf(member) < wanted().replicas())
                        .thenComparing(
                                member -> podOf(member).map(PodView::current).orElse(false))
                        .thenComparing(member -> member.alarms().isEmpty())
                        .thenComparing(MemberView::matchIndex)
                        .thenComparing(MemberView::name, Comparator.reverseOrder()));
    }
}
