package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Guard;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RefusedWrite;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Plans the next step from an observation, by asking the rules of each {@link Phase} in their order. */
public final class Planner {

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
        return observed.refused().isEmpty() ? step : withRefusals(observed, step);
    }

    private Step firstStep(ClusterState seen) {
        Optional<Step.Wait> waiting = Optional.empty();
        for (Rule rule : rules) {
            Optional<Step> next = rule.next(seen).map(seen::unlessRefused);
            if (next.isEmpty()) {
                continue;
            }
            if (!(next.get() instanceof Step.Wait wait) || rule.isGate()) {
                return next.get();
            }
            waiting = Optional.of(waiting.map(first -> join(first, wait)).orElse(wait));
        }
        return waiting.<Step>map(wait -> wait).orElseGet(Step.Done::new);
    }

    /** The first wait gives the reason. A later one is added if only that one needs an administrator. */
    private static Step.Wait join(Step.Wait first, Step.Wait later) {
        return first.stuck() || !later.stuck() ? first : new Step.Wait(first.reason() + "; " + later.reason(), true);
    }

    /** A wait names every refusal, and a cluster with a refused write is not as its spec says. */
    private static Step withRefusals(Observed observed, Step step) {
        if (!(step instanceof Step.Wait || step instanceof Step.Done)) {
            return step;
        }
        String reason = step instanceof Step.Wait wait ? wait.reason() : "";
        for (RefusedWrite refused : observed.refused()) {
            if (!reason.contains(refused.sentence())) {
                reason += (reason.isEmpty() ? "" : "; ") + refused.sentence();
            }
        }
        boolean stuck = step instanceof Step.Wait wait
                ? wait.stuck()
                : observed.refused().stream().anyMatch(it -> it.reason() != RefusedWrite.Reason.FAILED);
        return new Step.Wait(reason, stuck);
    }
}
