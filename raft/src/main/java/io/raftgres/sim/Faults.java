package io.raftgres.sim;

import io.raftgres.raft.Input;
import io.raftgres.raft.Member;
import io.raftgres.raft.Output.Proposed;
import io.raftgres.raft.Role;
import io.raftgres.sim.Randomness.Concern;
import java.util.List;

/**
 * Injects faults until the cluster has to heal. Each seed draws the kinds of faults and their shares, so that any
 * combination occurs, and frequent kinds do not drown the others in every seed.
 */
final class Faults {

    /** A kind of fault, with its usual share. */
    private enum Kind {
        CRASH(4),
        CRASH_LEADER(4),
        CRASH_MANY(1),
        SPLIT(4),
        ISOLATE_LEADER(4),
        ONE_WAY(3),
        BREAK(2),
        SLOW_DISK(2),
        FULL_DISK(1),
        FAIL_SYNC(1),
        PAUSE(1),
        PAUSE_LEADER(2),
        SLOW_NETWORK(1),
        SLOW_BULK(2),
        SLOW_APPLY(1),
        TRANSFER(2),
        CHANGE_MEMBERSHIP(6),
        LOSE_STATE(3),
        LOSE_LOG(1),
        WIPE(2),
        ROT(1),
        DEGRADED(1);

        final int usual;

        Kind(int usual) {
            this.usual = usual;
        }

        /** @return whether the fault can be limited to some members */
        boolean isLocal() {
            return switch (this) {
                case CRASH, SPLIT, ONE_WAY, BREAK, SLOW_DISK, FULL_DISK, FAIL_SYNC, PAUSE, SLOW_APPLY, DEGRADED -> true;
                default -> false;
            };
        }
    }

    /** Mean time between two faults of a minority while the majority is watched. */
    private static final double WATCHED_FAULT_EVERY_US = 300 * Scenario.MS;

    private static final Kind[] KINDS = Kind.values();

    private final World world;
    private final Randomness random;
    private final MembershipFaults memberships;
    private final int[] weights = new int[KINDS.length];
    private final long watchAtUs;

    Faults(World world) {
        this.world = world;
        random = new Randomness(world.seed, Concern.FAULTS);
        memberships = new MembershipFaults(world);
        for (Kind kind : KINDS) {
            weights[kind.ordinal()] = random.chance(0.4) ? 0 : kind.usual << random.below(4);
        }
        if (random.chance(0.5)) {
            weights[Kind.CHANGE_MEMBERSHIP.ordinal()] = 12;
        }
        watchAtUs = random.chance(0.4) ? random.between(2, 13) * Scenario.SECOND : 0;
    }

    void start() {
        next();
        memberships.start();
        if (watchAtUs > 0) {
            world.at(watchAtUs, () -> world.watch.begin(random));
        }
    }

    void mend() {
        memberships.mend();
    }

    boolean mayLoseLog(SimNode node) {
        return !world.healed() && !world.watch.has(node) && memberships.mayLoseLog(node);
    }

    /** A new member takes the place of a member that is permanently gone. */
    void replace(SimNode gone) {
        memberships.replace(gone);
    }

    private void next() {
        double mean = world.watch.isSettled() ? WATCHED_FAULT_EVERY_US : world.scenario.faultEveryUs();
        world.after(random.exponential(mean), () -> {
            if (!world.healed()) {
                strike();
                next();
            }
        });
    }

    private void strike() {
        List<SimNode> up = world.nodes().stream()
                .filter(node -> node.isUp() && !world.watch.has(node))
                .toList();
        if (up.isEmpty() || world.watch.isOn() && !world.watch.isSettled()) {
            return;
        }
        Kind kind = pick(world.watch.isOn());
        SimNode node = up.get(random.below(up.size()));
        if (kind == null) {
            return;
        }
        SimNode leader = world.leader() == null || world.watch.isOn() ? node : world.leader();
        world.trace.event(world.now(), 3, kind.ordinal(), node.id());
        world.trace.line(
                world.now(), () -> "fault: " + kind + " (node" + node.id() + ", leader node" + leader.id() + ")");
        strike(kind, node, leader, up);
    }

    private void strike(Kind kind, SimNode node, SimNode leader, List<SimNode> up) {
        switch (kind) {
            case CRASH -> crash(node);
            case CRASH_LEADER -> crash(leader);
            case CRASH_MANY -> up.stream().filter(_ -> random.chance(0.8)).forEach(this::crash);
            case SPLIT -> cut(() -> world.network.split(random.below(1 << World.NODES_MAX + 1)));
            case ISOLATE_LEADER -> cut(() -> world.network.isolate(leader.id()));
            case ONE_WAY -> cut(() -> oneWay(random.chance(0.5) ? leader : node));
            case BREAK -> {
                List<SimNode> nodes = world.nodes();
                SimNode other = world.leader() != null && random.chance(0.5)
                        ? world.leader()
                        : nodes.get(random.below(nodes.size()));
                world.network.links().broken(node.id(), other.id());
            }
            case SLOW_DISK -> (random.chance(0.4) ? leader : node).log().slowFor(time(200, 4000));
            case FULL_DISK -> (random.chance(0.4) ? leader : node).log().fullFor(time(200, 6000));
            case FAIL_SYNC -> node.log().failNextSync();
            case PAUSE -> node.pauseFor(time(50, 2500));
            case PAUSE_LEADER -> leader.pauseFor(time(50, 2500));
            case SLOW_NETWORK -> world.network.slowFor(time(200, 3000));
            case SLOW_BULK -> world.network.slowBulkFor(time(200, 3000));
            case SLOW_APPLY -> node.slowApplyFor(time(200, 3000));
            case TRANSFER -> transfer(leader, node);
            case CHANGE_MEMBERSHIP -> memberships.change();
            case LOSE_STATE -> loseState(random.chance(0.3) ? leader : node);
            case LOSE_LOG -> {
                if (mayLoseLog(node)) {
                    world.trace.line(world.now(), () -> "node" + node.id() + " loses its log");
                    node.identity().loseLog();
                }
            }
            case WIPE -> wipe(node);
            case ROT -> node.log().rot();
            case DEGRADED -> {
                SimNode degraded = random.chance(0.5) ? leader : node;
                degraded.step(new Input.Degraded(true));
                degraded.later(time(200, 6000), () -> degraded.step(new Input.Degraded(false)));
            }
        }
    }

    /** Most rules matter during elections and right after them, so the faults favour these moments. */
    void roleChanged(SimNode node, Role role) {
        if (world.healed() || world.watch.isOn()) {
            return;
        }
        if (role == Role.CANDIDATE && random.chance(world.scenario.voterCrashes())) {
            List<SimNode> others =
                    world.nodes().stream().filter(other -> other != node).toList();
            if (!others.isEmpty()) {
                SimNode voter = others.get(random.below(others.size()));
                world.after(time(1, 40), () -> {
                    if (!world.watch.isOn() && !world.healed()) {
                        voter.crash();
                        world.after(time(1, 20), voter::startAgain);
                    }
                });
            }
        }
        if (role == Role.LEADER && random.chance(world.scenario.harassment())) {
            harass(node);
        }
        if (role == Role.LEADER && random.chance(world.scenario.restlessness())) {
            world.after(random.between(0, 3 * Scenario.MS), memberships::change);
        }
    }

    /** Isolates or crashes a new leader before or while its first entries spread (paper, figure 8). */
    private void harass(SimNode leader) {
        int incarnation = leader.incarnation();
        Runnable blow = switch (random.below(4)) {
            case 0 -> () -> crash(leader);
            case 1 -> () -> isolateWithOneOther(leader);
            default -> () -> world.network.isolate(leader.id());
        };
        Runnable strike = () -> {
            if (leader.isUp() && leader.incarnation() == incarnation && !world.healed() && !world.watch.isOn()) {
                blow.run();
                joinAfter(time(50, 800));
            }
        };
        if (random.chance(0.5)) {
            // Isolates it before the first entry of its term is sent.
            world.network.isolate(leader.id());
            joinAfter(time(50, 800));
        } else {
            world.after(time(0, 40), strike);
        }
    }

    private void isolateWithOneOther(SimNode leader) {
        List<SimNode> nodes = world.nodes();
        SimNode other = nodes.get(random.below(nodes.size()));
        world.network.split(1 << leader.id() | 1 << other.id());
    }

    /** @return a kind of fault; null when no allowed kind has a share */
    private Kind pick(boolean local) {
        int total = 0;
        for (Kind kind : KINDS) {
            total += share(kind, local);
        }
        if (total == 0) {
            return null;
        }
        int at = random.below(total);
        int kind = 0;
        while (at >= share(KINDS[kind], local)) {
            at -= share(KINDS[kind++], local);
        }
        return KINDS[kind];
    }

    /** A minority outside of a watched majority gets all faults that can be limited to it. */
    private int share(Kind kind, boolean local) {
        return !local ? weights[kind.ordinal()] : kind.isLocal() ? kind.usual : 0;
    }

    private long time(long fromMs, long toMs) {
        return random.between(fromMs, toMs) * Scenario.MS;
    }

    private void crash(SimNode node) {
        node.crash();
        world.after(
                random.chance(0.4) ? time(1, 50) : random.chance(0.8) ? time(50, 3000) : time(3000, 9000),
                node::startAgain);
    }

    private void loseState(SimNode node) {
        if (world.keepsStateWithout(node)) {
            node.loseState();
            world.after(time(1, 1000), node::startAgain);
        }
    }

    /** The next fault is the most dangerous one: the members that know the wiped member's log may be missing. */
    private void wipe(SimNode node) {
        if (mayLoseLog(node) && memberships.mayWipe(node)) {
            world.trace.line(world.now(), () -> "node" + node.id() + " has its disk wiped");
            node.identity().wipe();
            if (random.chance(0.5)) {
                cut(() -> world.network.split(random.below(1 << World.NODES_MAX + 1)));
            }
        }
    }

    private void transfer(SimNode leader, SimNode node) {
        if (leader.core().role() == Role.LEADER
                && leader.step(new Input.TransferLeadership(random.chance(0.3) ? Member.NONE : node.id()))
                        instanceof Proposed.Accepted) {
            world.leaders.transferBegun(leader);
        }
    }

    private void oneWay(SimNode node) {
        boolean deaf = random.chance(0.5);
        for (SimNode other : world.nodes()) {
            if (other != node && random.chance(0.7)) {
                world.network.cut(deaf ? other.id() : node.id(), deaf ? node.id() : other.id());
            }
        }
    }

    private void cut(Runnable how) {
        how.run();
        joinAfter(time(100, 3000));
    }

    /** Ends a cut after some time. A cut that protects a watched majority ends with the watch. */
    private void joinAfter(long us) {
        world.after(us, () -> {
            if (!world.watch.isOn() || world.watch.isSettled()) {
                world.network.join();
            }
        });
    }
}
