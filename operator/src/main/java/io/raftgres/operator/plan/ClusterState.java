package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Electorate;
import io.raftgres.operator.guard.Electorate.Voter;
import io.raftgres.operator.guard.Guard;
import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.model.ClaimView;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.PodView;
import io.raftgres.operator.model.RaftView;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.model.SetView;
import io.raftgres.operator.model.Wanted;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Answers the rules' questions about an {@link Observed}: which pod, claim and member belong together, and which are
 * healthy.
 */
final class ClusterState {

    private final Observed observed;
    private final Set<Guard> guards;
    private final Electorate electorate;
    private final boolean retries;

    /** @param retries steps that were refused may be tried again when they are due */
    ClusterState(Observed observed, Set<Guard> guards, boolean retries) {
        this.retries = retries;
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

    /** @return the objection of the first guard that forbids the action on this member; empty when none does */
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

    /** @return the step; if it was refused and is not to be tried now, a wait with the reason */
    Step unlessRefused(Step step) {
        return observed.refused().stream()
                .filter(refused -> refused.step().filter(step.key()::equals).isPresent())
                .filter(refused -> !(retries && refused.due()))
                .findFirst()
                .<Step>map(refused -> new Step.Wait(refused.sentence(), refused.reason() != RefusedWrite.Reason.FAILED))
                .orElse(step);
    }

    /**
     * Plans for each of these, in their order, until one has a step that may be taken now.
     *
     * @return that step; otherwise the first wait; empty when none has either
     */
    <T> Optional<Step> firstOf(List<T> each, Function<T, Optional<Step>> plan) {
        Optional<Step> waiting = Optional.empty();
        for (T one : each) {
            Optional<Step> next = plan.apply(one).map(this::unlessRefused);
            if (next.isPresent() && !(next.get() instanceof Step.Wait)) {
                return next;
            }
            waiting = waiting.or(() -> next);
        }
        return waiting;
    }

    // Names

    String name(int ordinal) {
        return observed.names().member(ordinal);
    }

    /** @return empty for a member whose name is not one of this cluster's pods */
    OptionalInt ordinal(String member) {
        return observed.names().ordinal(member);
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
        return observed.set().map(SetView::replicas).orElse(0);
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

    /** Whether Kubernetes deletes its data when it stops. Only {@link ReplaceDeletedClaims} may stop such a pod. */
    boolean losesDataWhenStopped(PodView pod) {
        return claims(pod.ordinal()).stream().anyMatch(ClaimView::terminating);
    }

    String name(ClaimView claim) {
        return observed.names().claim(claim.kind(), claim.ordinal());
    }

    /** @return the number of replicas that covers every pod and every data claim; 0 when there is neither */
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

    boolean leads(String member) {
        return leader().filter(member::equals).isPresent();
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
     * The voter that should become the leader. It must be healthy and at most {@link Electorate#LAG_MAX} entries
     * behind. Preferred are, in this order: a member that the spec keeps, a pod of the newest revision, no alarm, the
     * highest index. A voter that only answers is accepted when the leader is not healthy either, or when it is the
     * only other voter.
     */
    Optional<MemberView> successor() {
        boolean leaderIsWell = voters().stream().anyMatch(member -> leads(member.name()) && isWell(member));
        return voters().stream()
                .filter(member -> isWell(member) || isUp(member) && (!leaderIsWell || voters().size() == 2))
                .filter(member -> !leads(member.name()))
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
