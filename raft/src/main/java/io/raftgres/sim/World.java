package io.raftgres.sim;

import io.raftgres.linearizability.Checker;
import io.raftgres.linearizability.History;
import io.raftgres.linearizability.Verdict;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Role;
import io.raftgres.raft.Rules;
import io.raftgres.sim.Randomness.Concern;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** One simulated cluster with its clients and its faults, all from one seed, in one thread. */
final class World {
    static final int NODES_MAX = 20;
    private static final long POLL_US = 100 * Scenario.MS;

    final long seed;
    final Scenario scenario;
    final Rules rules;
    final Set<Sabotage> sabotage;
    final Trace trace;
    final Network network;
    final Checks checks;
    final LeaderChecks leaders;
    final MajorityWatch watch;
    final Clients clients;
    final Faults faults;
    final History history;
    final Membership bootstrap;
    final Counts counts = new Counts();
    private final EventQueue queue = new EventQueue();
    private final SimNode[] nodes = new SimNode[NODES_MAX + 1];
    private long now;
    private boolean healed;
    /** The nodes that never return, a bit for each. */
    private int lost;

    private long probeIndex;
    private long probedAt;
    private long recoveredAt;

    /** @param reader receives a line for each event; null: none are made */
    World(long seed, Rules rules, Set<Sabotage> sabotage, Consumer<String> reader) {
        this.seed = seed;
        this.rules = rules;
        this.sabotage = sabotage.isEmpty() ? EnumSet.noneOf(Sabotage.class) : EnumSet.copyOf(sabotage);
        scenario = Scenario.of(seed);
        trace = new Trace(reader);
        network = new Network(this, new Randomness(seed, Concern.NETWORK));
        history = new History(() -> now * 1000);
        clients = new Clients(this, new Randomness(seed, Concern.CLIENTS));
        faults = new Faults(this);
        List<Member> members = new ArrayList<>();
        int count = scenario.members() + (scenario.learner() ? 1 : 0);
        for (int id = 1; id <= count; id++) {
            members.add(member(id, id <= scenario.members()));
        }
        bootstrap = Membership.of(members);
        checks = new Checks(this);
        leaders = new LeaderChecks(this);
        watch = new MajorityWatch(this);
    }

    static Member member(long id, boolean voter) {
        return new Member(id, "node" + id, voter, "node" + id + ":1", "http://node" + id);
    }

    /** @throws Violation when an invariant does not hold */
    void run() {
        trace.line(0, () -> "seed " + seed + ": " + scenario);
        for (Member member : bootstrap.members()) {
            add((int) member.id(), bootstrap);
        }
        Randomness starts = new Randomness(seed, Concern.IDENTITY);
        nodes().forEach(node ->
                at(scenario.lateStarts() ? starts.between(0, 3 * Scenario.SECOND) : 0, node::startAgain));
        clients.start();
        faults.start();
        at(Scenario.HEAL_US, this::heal);
        while (!queue.isEmpty() && queue.nextTime() <= Scenario.END_US) {
            now = queue.nextTime();
            queue.take().run();
            counts.events++;
        }
        now = Scenario.END_US;
        if (recoveredAt == 0) {
            throw new Violation(
                    Invariant.LIVENESS,
                    "no recovery within " + Scenario.HEALED_WITHIN_US / Scenario.SECOND + " s after the faults ended; "
                            + describe());
        }
        checks.atEnd();
        Verdict verdict = new Checker(300_000).check(history);
        switch (verdict) {
            case Verdict.Ok ok -> counts.operations = ok.operations();
            case Verdict.Violation violation -> throw new Violation(Invariant.LINEARIZABILITY, violation.toString());
            case Verdict.Undecided _ -> counts.undecided++;
        }
    }

    long now() {
        return now;
    }

    void at(long time, Runnable event) {
        queue.add(Math.max(time, now), event);
    }

    void after(long delay, Runnable event) {
        queue.add(now + delay, event);
    }

    boolean sabotaged(Sabotage kind) {
        return sabotage.contains(kind);
    }

    boolean healed() {
        return healed;
    }

    /** @return the node, null when none has had this number */
    SimNode node(int id) {
        return nodes[id];
    }

    /** @return whether this node belongs to a watched majority, which gets no faults */
    boolean isWatched(SimNode node) {
        return watch.has(node);
    }

    /** @param membership the members that the new node knows */
    SimNode add(int id, Membership membership) {
        nodes[id] = new SimNode(this, id, membership);
        return nodes[id];
    }

    /** @return all nodes that have existed, in order */
    List<SimNode> nodes() {
        List<SimNode> all = new ArrayList<>();
        for (SimNode node : nodes) {
            if (node != null) {
                all.add(node);
            }
        }
        return all;
    }

    /** @return the running leader of the latest term among the nodes that are not lost; null when there is none */
    SimNode leader() {
        SimNode best = null;
        for (SimNode node : nodes) {
            if (node != null
                    && node.isUp()
                    && node.core().role() == Role.LEADER
                    && !isLost(node)
                    && (best == null || node.core().term() > best.core().term())) {
                best = node;
            }
        }
        return best;
    }

    // The end of the faults

    /** Heals all nodes. Or heals a majority, and the others stay down or cut off permanently. */
    private void heal() {
        Randomness random = new Randomness(seed, Concern.HEALING);
        lost = random.chance(0.5) ? new Majority(this).spare(random) : 0;
        healed = true;
        trace.line(
                now,
                () -> "the faults end"
                        + (lost == 0
                                ? ""
                                : ", except for nodes " + Integer.toBinaryString(lost >>> 1) + " (from the right)"));
        if (lost != 0) {
            counts.reached(Reached.HEALED_WITHOUT_SOME);
        }
        network.heal(lost);
        for (SimNode node : nodes()) {
            if (!isLost(node)) {
                node.heal();
            } else if (random.chance(0.5)) {
                node.identity().stayUnavailable();
            }
        }
        poll();
    }

    private boolean isLost(SimNode node) {
        return (lost >>> node.id() & 1) != 0;
    }

    private void poll() {
        faults.mend();
        SimNode leader = leader();
        if (leader != null && probeIndex == 0) {
            probeIndex = leader.probe();
            probedAt = now;
        }
        if (probeIndex > 0 && leader != null && checks.committed() >= probeIndex && allHave(leader)) {
            recoveredAt = now;
            counts.recoveryUs = now - Scenario.HEAL_US;
            trace.line(now, () -> "all members have entry " + probeIndex);
        } else if (now < Scenario.HEAL_US + Scenario.HEALED_WITHIN_US) {
            // A probe that was overwritten has to be sent again.
            if (now - probedAt > Scenario.SECOND && checks.committed() < probeIndex) {
                probeIndex = 0;
            }
            after(POLL_US, this::poll);
        }
    }

    private boolean vouchersMayLack() {
        return lost != 0 || bootstrap.voters().stream().anyMatch(first -> nodes[first.intValue()].isGone());
    }

    private boolean allHave(SimNode leader) {
        for (Member member : leader.core().membership().members()) {
            SimNode node = nodes[(int) member.id()];
            // The members that could vouch for it may be lost or permanently gone.
            boolean silent = vouchersMayLack()
                    && node != null
                    && node.isUp()
                    && !node.core().isVouched();
            if (node != null && isLost(node) || silent) {
                continue;
            }
            // Both log and state must be there: a state alone could come from repeated snapshots.
            if (node == null
                    || !node.isUp()
                    || node.isStateless()
                    || node.applied() < probeIndex
                    || node.core().commitIndex() < probeIndex) {
                return false;
            }
        }
        return true;
    }

    /**
     * @return whether the cluster's state is safe without this node: another member has a state from which all logs can
     *     continue. False when it is unknown because there is no leader
     */
    boolean keepsStateWithout(SimNode node) {
        SimNode leader = leader();
        if (leader == null) {
            return false;
        }
        long base = 0;
        long best = -1;
        for (Member member : leader.core().membership().members()) {
            SimNode other = nodes[(int) member.id()];
            if (other == null || other.isGone()) {
                continue;
            }
            base = Math.max(base, other.disk().durable().base());
            if (other != node && !other.isStateless() && !other.identity().isWiped()) {
                best = Math.max(best, other.store().flushedIndex());
            }
        }
        return best >= base;
    }

    String describe() {
        StringBuilder text = new StringBuilder("committed " + checks.committed());
        for (SimNode node : nodes()) {
            text.append("\n  ").append(node);
        }
        return text.toString();
    }
}
