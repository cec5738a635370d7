package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Guard;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.PodView;
import io.raftgres.operator.plan.Violation.Promise;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Planners with one rule or guard left out, and the promises of which one is broken by that. */
final class BrokenPlanners {

    record Broken(String name, Planner planner, Set<Promise> promises) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final Set<Promise> NO_END = EnumSet.of(Promise.COMES_TO_AN_END, Promise.AS_WANTED);

    private BrokenPlanners() {}

    static List<Broken> all() {
        return List.of(
                unguarded(
                        "several voters down at once",
                        EnumSet.of(Promise.ONE_DOWN_BY_OUR_HAND, Promise.QUORUM_KEPT),
                        Guard.ONE_AT_A_TIME,
                        Guard.OTHERS_ARE_WELL,
                        Guard.STOP_KEEPS_QUORUM),
                unguarded(
                        "stops a voter whatever that costs", EnumSet.of(Promise.QUORUM_KEPT), Guard.STOP_KEEPS_QUORUM),
                unguarded(
                        "removes a voter whatever that costs",
                        EnumSet.of(Promise.QUORUM_KEPT),
                        Guard.REMOVAL_KEEPS_QUORUM),
                unguarded("stops and removes leaders", EnumSet.of(Promise.LEADER_TRANSFERRED), Guard.NOT_THE_LEADER),
                unguarded(
                        "discards the data of the only voter", EnumSet.of(Promise.DATA_KEPT), Guard.NOT_THE_ONLY_VOTER),
                without("rolls nothing", RollPods.class, NO_END),
                without("never mends a bad rollout", ReplaceUnreadyPods.class, NO_END),
                replaced(
                        "believes that what it cannot reach does not run",
                        ReplaceUnreadyPods.class,
                        new RestartsUnreached(),
                        EnumSet.of(Promise.ONE_DOWN_BY_OUR_HAND, Promise.LEADER_TRANSFERRED, Promise.QUORUM_KEPT)),
                without("never replaces a member whose claim was deleted", ReplaceDeletedClaims.class, NO_END),
                without("never clears a removed member's claim", ReplaceRemovedMembers.class, NO_END),
                without("leaves claims behind", DeleteUnusedClaims.class, NO_END),
                without("never wakes", RestoreReplicas.class, NO_END),
                without("never makes the set again", CreateStatefulSet.class, NO_END),
                without("never notes that the cluster is formed", RecordClusterId.class, EnumSet.allOf(Promise.class)),
                without("never grows a claim", GrowClaims.class, NO_END),
                replaced("stops at a refused growth", GrowClaims.class, new StopsAtGrowth(), NO_END),
                replaced("never tries a refused growth again", GrowClaims.class, new NeverAgain(), NO_END),
                without("does not see that a growth fails", AwaitClaims.class, EnumSet.of(Promise.AS_WANTED)),
                without("keeps the old claim template", RenewClaimTemplate.class, NO_END),
                without(
                        "never recovers",
                        RecoverCluster.class,
                        EnumSet.of(Promise.COMES_TO_AN_END, Promise.AS_WANTED, Promise.RECOVERY_ONLY_WHEN_LOST)),
                replaced("kills a recovery that is withdrawn", RecoverCluster.class, new KillsWithdrawn(), NO_END),
                without("does not hibernate", Hibernate.class, NO_END),
                replaced(
                        "removes the lowest ordinal first",
                        ScaleIn.class,
                        new LowestFirst(),
                        EnumSet.of(Promise.AS_WANTED)),
                replaced(
                        "scales in before the member has left",
                        ScaleIn.class,
                        new ReplicasFirst(),
                        EnumSet.of(Promise.QUORUM_KEPT)),
                replaced(
                        "deletes leftover claims of members",
                        DeleteUnusedClaims.class,
                        new DeletesTooMuch(),
                        EnumSet.of(Promise.CLAIMS_OF_MEMBERS_STAY, Promise.DATA_KEPT)));
    }

    private static Broken unguarded(String name, Set<Promise> promises, Guard... out) {
        Set<Guard> guards = EnumSet.allOf(Guard.class);
        guards.removeAll(Set.of(out));
        return new Broken(name, new Planner(guards, new ArrayList<>(Planner.rules())), promises);
    }

    private static Broken without(String name, Class<? extends Rule> rule, Set<Promise> promises) {
        List<Rule> rules = new ArrayList<>(Planner.rules());
        assert rules.removeIf(rule::isInstance);
        return new Broken(name, new Planner(EnumSet.allOf(Guard.class), rules), promises);
    }

    private static Broken replaced(String name, Class<? extends Rule> rule, Rule by, Set<Promise> promises) {
        List<Rule> rules = new ArrayList<>(Planner.rules());
        rules.replaceAll(each -> rule.isInstance(each) ? by : each);
        return new Broken(name, new Planner(EnumSet.allOf(Guard.class), rules), promises);
    }

    private record StopsAtGrowth() implements Rule {
        @Override
        public Optional<Step> next(ClusterState seen) {
            return new GrowClaims().next(seen);
        }

        @Override
        public boolean isGate() {
            return true;
        }
    }

    private record RestartsUnreached() implements Rule {
        @Override
        public Optional<Step> next(ClusterState seen) {
            return seen.leader().isPresent() || seen.pods().stream().anyMatch(PodView::ready)
                    ? new ReplaceUnreadyPods().next(seen)
                    : seen.pods().stream()
                            .filter(pod -> !pod.current()
                                    && !pod.terminating()
                                    && pod.trouble().isPresent()
                                    && !seen.losesDataWhenStopped(pod))
                            .findFirst()
                            .map(pod -> new Step.RestartPod(pod.ordinal(), pod.version(), "it is not ready"));
        }
    }

    /** Keeps in mind for all time what was refused once. */
    private static final class NeverAgain implements Rule {

        private final Set<String> refused = new HashSet<>();

        @Override
        public Optional<Step> next(ClusterState seen) {
            seen.observed().refused().forEach(each -> each.step().ifPresent(refused::add));
            return new GrowClaims().next(seen).filter(step -> !refused.contains(step.key()));
        }
    }

    private record LowestFirst() implements Rule {
        @Override
        public Optional<Step> next(ClusterState seen) {
            Predicate<MemberView> extra =
                    member -> seen.ordinalOf(member) >= seen.wanted().replicas();
            Optional<MemberView> lowest =
                    seen.members().stream().filter(extra).min(Comparator.comparingInt(seen::ordinalOf));
            return lowest.isEmpty()
                    ? new ScaleIn().next(seen)
                    : TransferLeadershipFirst.orElse(
                            seen,
                            lowest.get().name(),
                            "it is lowest",
                            () -> new Step.RemoveMember(
                                    lowest.get().name(), lowest.get().id(), "it is lowest"));
        }
    }

    private record KillsWithdrawn() implements Rule {
        @Override
        public Optional<Step> next(ClusterState seen) {
            return seen.observed()
                    .recovery()
                    .filter(run -> seen.wanted().recovery().isEmpty())
                    .<Step>map(run -> new Step.RemoveRecovery(run.version(), "it is not asked for any more"))
                    .or(() -> new RecoverCluster().next(seen));
        }

        @Override
        public boolean isGate() {
            return true;
        }
    }

    private record ReplicasFirst() implements Rule {
        @Override
        public Optional<Step> next(ClusterState seen) {
            return seen.replicas() > seen.wanted().replicas()
                    ? Optional.of(new Step.SetReplicas(seen.replicas(), seen.replicas() - 1, "too early"))
                    : new ScaleIn().next(seen);
        }
    }

    private record DeletesTooMuch() implements Rule {
        @Override
        public Optional<Step> next(ClusterState seen) {
            return seen.claims().stream()
                    .filter(claim -> claim.ordinal() >= seen.wanted().replicas() && !claim.terminating())
                    .findFirst()
                    .map(claim -> new Step.DeleteClaim(
                            claim.kind(), claim.ordinal(), claim.uid(), "without a look at the members"));
        }
    }
}
