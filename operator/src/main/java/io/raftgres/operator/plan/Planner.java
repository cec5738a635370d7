package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Guard;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RefusedWrite;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Plans the next step from an observation, by asking the rules of each {@link Phase} in their order. */
public final class Planner {

    /** No longer reason is joined from several: the status has one line of 1,500 characters. */
    static final int REASON_MAX = 1_200;

    private final Set<Guard> guards;
    private final List<Rule> rules;

    public Planner() {
        this(EnumSet.allOf(Guard.class), rules());
    }

    /** For tests that leave out a guard or a rule, to show that some test then fails. */
    Planner(Set<Guard> guards, List<Rule> rules) {
        this.guards = guards.isEmpty() ? EnumSet.noneOf(Guard.class) : EnumSet.copyOf(guards);
        this.rules = List.copyOf(rules);
    }

    /** The rules of all phases in their order of precedence. */
    static List<Rule> rules() {
        return Stream.of(Phase.values())
                .flatMap(phase -> phase.rules().stream())
                .toList();
    }

    /**
     * @return the step; {@link Step.Done} when the cluster is as its spec says, and no refused write stands. The same
     *     observation gives the same step.
     */
    public Step plan(Observed observed) {
        Step step = firstStep(new ClusterState(observed, guards, false));
        if (step instanceof Step.Wait && observed.refused().stream().anyMatch(RefusedWrite::due)) {
            // What was refused is tried again when nothing else is to be done: it must not cost the others their turn.
            step = firstStep(new ClusterState(observed, guards, true));
        }
        List<RefusedWrite> refused =
                observed.refused().stream().filter(it -> !it.isOptional()).toList();
        return refused.isEmpty() ? step : withRefusals(refused, step);
    }

    private Step firstStep(ClusterState seen) {
        List<Step.Wait> waits = new ArrayList<>();
        for (Rule rule : rules) {
            Optional<Step> next = rule.next(seen).map(seen::unlessRefused);
            if (next.isEmpty()) {
                continue;
            }
            if (!(next.get() instanceof Step.Wait wait) || rule.isGate()) {
                return next.get();
            }
            waits.add(wait);
        }
        return waits.isEmpty() ? new Step.Done() : join(waits);
    }

    /** The first wait gives the reason. Later ones are added if an administrator has to act for them. */
    private static Step.Wait join(List<Step.Wait> waits) {
        Step.Wait first = waits.getFirst();
        String reason = first.reason();
        for (Step.Wait later : waits.subList(1, waits.size())) {
            if (!later.stuck() || isSaid(reason, later.reason())) {
                continue;
            }
            if (reason.length() + later.reason().length() > REASON_MAX) {
                reason += "; there are further reasons, which are shown once these are gone";
                break;
            }
            reason += "; " + later.reason();
        }
        return new Step.Wait(reason, waits.stream().anyMatch(Step.Wait::stuck));
    }

    private static boolean isSaid(String reason, String later) {
        return Stream.of(later.split("; ")).allMatch(reason::contains);
    }

    /** A wait names every refusal, and a cluster with a refused write is not as its spec says. */
    private static Step withRefusals(List<RefusedWrite> all, Step step) {
        if (!(step instanceof Step.Wait || step instanceof Step.Done)) {
            return step;
        }
        String reason = step instanceof Step.Wait wait ? wait.reason() : "";
        for (RefusedWrite refused : all) {
            if (!reason.contains(refused.sentence())) {
                reason += (reason.isEmpty() ? "" : "; ") + refused.sentence();
            }
        }
        boolean stuck =
                step instanceof Step.Wait wait ? wait.stuck() : all.stream().anyMatch(RefusedWrite::isStuck);
        return new Step.Wait(reason, stuck);
    }
}
