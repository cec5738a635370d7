package io.raftgres.operator.plan;

import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RaftView;
import io.raftgres.operator.plan.Moves.Move;
import io.raftgres.operator.plan.Violation.Promise;
import io.raftgres.operator.plan.World.Image;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * One random walk: Kubernetes, nodes, faults, people and the operator move in turn, in any order. Then faults and
 * changes stop, and the planner has to come to an end with what is wanted. The same seed walks the same way.
 */
final class Walk {

    private static final int MOVES = 400;
    private static final int CALM_ROUNDS_MAX = 400;
    private static final int TRACE_MAX = 150;

    private final World world;
    private final Planner planner;
    private final Moves moves;
    private final Executor executor;
    private final Random random;
    private final List<String> trace = new ArrayList<>();
    /** What the nodes have said since the operator's last write. */
    private final List<Optional<RaftView>> heard = new ArrayList<>();

    private final RefusalMemory memory;

    private Step last = new Step.Done();
    private int steps;
    private Observed lastSeen;

    Walk(long seed, Planner planner) {
        this.random = new Random(seed);
        this.planner = planner;
        this.world = new World(random, 1 + 2 * random.nextInt(3), random.nextInt(4) == 0);
        this.moves = new Moves(world);
        this.executor = new Executor(world);
        this.memory = new RefusalMemory(random);
    }

    /** @return how many steps the operator took @throws Violation when a promise is broken */
    int run() {
        int changes = random.nextInt(100);
        for (int move = 0; move < MOVES && !world.over; move++) {
            int dice = random.nextInt(100);
            if (dice < 40) {
                pick(moves.progress());
            } else if (dice < 80) {
                operate();
            } else if (dice < 92 || random.nextInt(100) > changes) {
                pick(moves.faults());
            } else {
                pick(moves.people());
                memory.forget();
            }
        }
        if (!world.over) {
            calmDown();
        }
        return steps;
    }

    /** What led there, the newest last. */
    List<String> trace() {
        return trace.subList(Math.max(0, trace.size() - TRACE_MAX), trace.size());
    }

    private void pick(List<Move> choice) {
        if (!choice.isEmpty()) {
            move(choice.get(random.nextInt(choice.size())));
        }
    }

    private void move(Move move) {
        trace.add("  " + move.label());
        move.run().run();
        settle();
    }

    private void settle() {
        world.raft.settle();
        world.settle();
        executor.settle();
        executor.checkData();
        heard.add(View.raft(world));
    }

    private Observed seen(Optional<RaftView> raft) {
        return View.of(world, raft, memory.standing());
    }

    /** Sees, plans and takes one step, or what is left of that. */
    private void operate() {
        memory.nextRound();
        int dice = random.nextInt(100);
        if (dice < 5 && lastSeen != null) {
            take(last, lastSeen, false, 99);
            return;
        }
        boolean fresh = dice < 75;
        Optional<RaftView> raft = fresh
                ? View.raft(world)
                : dice < 85 || heard.isEmpty() ? Optional.empty() : heard.get(random.nextInt(heard.size()));
        Observed seen = seen(raft);
        if (!world.spec.paused) {
            world.set.ifPresent(set -> set.revision = world.spec.revision);
            seen = seen(raft);
        }
        Step step = planner.plan(seen);
        if (random.nextInt(8) == 0) {
            fresh = false;
            pick(moves.progress());
        }
        // The leader is asked after the pods were read.
        if (reliesOnNoMember(step, seen)
                && !planner.plan(seen(View.raft(world))).equals(step)) {
            trace.add(step + ": the leader says otherwise");
            return;
        }
        take(step, seen, fresh, random.nextInt(5) == 0 ? random.nextInt(3) : 99);
    }

    /** @return whether the step relies on it that a pod is no member */
    private static boolean reliesOnNoMember(Step step, Observed seen) {
        return step instanceof Step.DeleteClaim
                || step instanceof Step.RestartPod restart
                        && seen.raft()
                                .filter(raft -> raft.members().stream()
                                        .anyMatch(member -> World.ordinal(member.name()) == restart.ordinal()))
                                .isEmpty();
    }

    private void take(Step step, Observed seen, boolean fresh, int crash) {
        String state = world.toString();
        String result;
        try {
            result = executor.take(step, seen, fresh, crash);
        } catch (Violation violation) {
            trace.add(step + (fresh ? "" : " (not fresh)"));
            trace.add("    " + state);
            throw violation;
        }
        if (!(step instanceof Step.Wait) || !step.equals(last)) {
            trace.add(step + ": " + result + (fresh ? "" : " (not fresh)"));
            trace.add("    " + world);
        }
        remember(step, result);
        steps++;
        last = step;
        lastSeen = seen;
        heard.clear();
        settle();
    }

    private void remember(Step step, String result) {
        boolean ofTheCluster = step instanceof Step.TransferLeadership || step instanceof Step.RemoveMember;
        if (result.equals(Executor.REFUSED) || ofTheCluster && !result.equals("done")) {
            memory.refused(step);
        } else if (result.startsWith("crashed")) {
            memory.forget();
        } else if (result.equals("done")) {
            memory.succeeded(step);
        }
    }

    // The end

    /** First growth alone is still refused or fails, and all else has to come to an end. Then everything has to. */
    private void calmDown() {
        trace.add("faults and changes stop");
        Arrays.fill(world.nodeLost, false);
        Arrays.fill(world.cut, false);
        World.Spec spec = world.spec;
        spec.paused = false;
        spec.hibernated = random.nextInt(4) == 0;
        if (world.images.get(spec.revision) != Image.GOOD || random.nextBoolean()) {
            world.images.add(Image.GOOD);
            spec.revision = world.images.size() - 1;
        }
        world.refused.removeIf(key -> !key.startsWith("ResizeClaim"));
        memory.forget();
        settle();
        spec.recovery = Optional.empty();
        if (random.nextInt(3) == 0) {
            world.refused.add("ResizeClaim");
            spec.bytes++;
        }
        boolean growthFails =
                !world.refused.isEmpty() || world.claims.values().stream().anyMatch(claim -> claim.resizeFails);
        if (growthFails) {
            come(true);
            trace.add("growth is possible again");
        }
        world.refused.clear();
        world.claims.values().forEach(claim -> claim.resizeFails = false);
        come(false);
    }

    /** @param growthFails the cluster has to be as wanted but for the sizes of its claims */
    private void come(boolean growthFails) {
        for (int round = 0; round < CALM_ROUNDS_MAX; round++) {
            for (Move move = next(); move != null && !world.over && random.nextInt(6) > 0; move = next()) {
                move(move);
            }
            if (world.over) {
                return;
            }
            mendByHand();
            memory.nextRound();
            world.set.ifPresent(set -> set.revision = world.spec.revision);
            Step step = planner.plan(seen(View.raft(world)));
            boolean still = moves.progress().isEmpty();
            boolean onlyGrowth = step instanceof Step.Wait || step instanceof Step.ResizeClaim;
            if (growthFails && still && onlyGrowth && faults().isEmpty()) {
                return;
            }
            if (step instanceof Step.Done && still) {
                checkWanted();
                return;
            }
            take(step, seen(View.raft(world)), true, 99);
        }
        throw new Violation(
                Promise.COMES_TO_AN_END,
                "after " + CALM_ROUNDS_MAX + " rounds without faults" + (growthFails ? ", but without growth," : "")
                        + " still: " + planner.plan(seen(View.raft(world))) + "; " + world);
    }

    private Move next() {
        List<Move> choice = moves.progress();
        return choice.isEmpty() ? null : choice.get(random.nextInt(choice.size()));
    }

    /** What the planner says that only a person can do. */
    private void mendByHand() {
        World.Spec spec = world.spec;
        if (world.disaster) {
            spec.hibernated = false;
            moves.askForRecovery().ifPresent(this::move);
        }
        if (spec.replicas == 1 && world.claims.values().stream().anyMatch(claim -> claim.terminating)) {
            spec.replicas = 3;
        }
    }

    private void checkWanted() {
        List<String> faults = faults();
        faults.addAll(faultsOfSize());
        if (!faults.isEmpty()) {
            throw new Violation(Promise.AS_WANTED, "done, but " + String.join("; ", faults) + ": " + world);
        }
    }

    private List<String> faultsOfSize() {
        World.Spec spec = world.spec;
        boolean claims = world.claims.values().stream()
                .anyMatch(claim -> claim.bytes < spec.bytes || claim.capacity < spec.bytes);
        // A claim may have been made from a template before that was made smaller; then it stays as it is.
        boolean larger = world.claims.values().stream().anyMatch(claim -> claim.capacity > spec.bytes);
        boolean template = world.set
                .filter(set -> set.bytes == spec.bytes || set.bytes > spec.bytes && larger)
                .isEmpty();
        return !spec.hibernated && (claims || template) ? List.of("claims of another size") : List.of();
    }

    /** What is not as wanted, but for the sizes of claims. */
    private List<String> faults() {
        World.Spec spec = world.spec;
        List<String> faults = new ArrayList<>();
        if (spec.hibernated) {
            if (!world.pods.isEmpty()) {
                faults.add("pods of a cluster that hibernates");
            }
            return faults;
        }
        for (int ordinal = 0; ordinal < spec.replicas; ordinal++) {
            if (!world.isReady(ordinal)
                    || world.pods.get(ordinal).revision != spec.revision
                    || !world.raft
                            .memberOn(ordinal)
                            .map(RaftModel.Member::voter)
                            .orElse(false)) {
                faults.add(World.name(ordinal) + " is not as wanted");
            }
        }
        if (world.pods.size() != spec.replicas || world.raft.members.size() != spec.replicas) {
            faults.add("another number of pods or members");
        }
        if (world.claims.size() != spec.replicas * world.kinds().size()) {
            faults.add("claims are left or missing");
        }
        return faults;
    }
}
