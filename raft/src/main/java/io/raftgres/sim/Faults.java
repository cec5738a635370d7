package io.raftgres.sim;

import io.raftgres.raft.Input;
import io.raftgres.raft.Member;
import io.raftgres.raft.Role;
import io.raftgres.sim.Randomness.Concern;
import java.util.List;

/** Makes trouble until the cluster has to heal: what kind, how often and for how long depends on the seed. */
final class Faults {

    private enum Kind {
        CRASH, CRASH_LEADER, CRASH_MANY, SPLIT, ISOLATE_LEADER, ONE_WAY, SLOW_DISK, FAIL_SYNC, PAUSE, PAUSE_LEADER,
        SLOW_NETWORK, SLOW_BULK, SLOW_APPLY, TRANSFER, CHANGE_MEMBERSHIP, LOSE_STATE, LOSE_LOG, UNFIT
    }

    private final World world;
    private final Randomness random;
    private final MembershipFaults memberships;
    private final int[] weights;
    private int total;

    Faults(World world) {
        this.world = world;
        random = new Randomness(world.seed, Concern.FAULTS);
        memberships = new MembershipFaults(world);
        // In the order of Kind.
        weights = switch (world.scenario.profile()) {
            case CALM -> new int[] {1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
            case PARTITIONS -> new int[] {1, 1, 0, 6, 6, 5, 1, 0, 1, 2, 2, 2, 1, 1, 0, 0, 0, 1};
            case CRASHES -> new int[] {8, 6, 3, 1, 1, 1, 2, 3, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1};
            case SLOW_DISKS -> new int[] {2, 3, 1, 1, 2, 1, 8, 3, 1, 1, 0, 2, 2, 1, 0, 0, 0, 1};
            case READS -> new int[] {1, 4, 0, 2, 6, 3, 3, 0, 1, 10, 1, 2, 2, 2, 0, 0, 0, 1};
            case MEMBERSHIP -> new int[] {2, 2, 1, 2, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 16, 1, 3, 1};
            case SNAPSHOTS -> new int[] {3, 3, 1, 4, 2, 1, 1, 1, 1, 1, 1, 2, 1, 2, 4, 8, 2, 1};
            case CHURN -> new int[] {2, 8, 2, 4, 8, 1, 2, 0, 1, 2, 1, 4, 0, 2, 0, 1, 0, 1};
        };
        for (int weight : weights) {
            total += weight;
        }
    }

    void start() {
        next();
        memberships.start();
    }

    void mend() {
        memberships.mend();
    }

    private void next() {
        world.after(random.exponential(world.scenario.faultEveryUs()), () -> {
            if (!world.healed()) {
                strike();
                next();
            }
        });
    }

    private void strike() {
        Kind kind = pick();
        List<SimNode> up = world.nodes().stream().filter(SimNode::isUp).toList();
        if (up.isEmpty()) {
            return;
        }
        SimNode node = up.get(random.below(up.size()));
        SimNode leader = world.leader() == null ? node : world.leader();
        world.trace.event(world.now(), 3, kind.ordinal(), node.id());
        world.trace.line(world.now(),
                () -> "trouble: " + kind + " (node" + node.id() + ", leader node" + leader.id() + ")");
        switch (kind) {
            case CRASH -> crash(node);
            case CRASH_LEADER -> crash(leader);
            case CRASH_MANY -> up.stream().filter(_ -> random.chance(0.8)).forEach(this::crash);
            case SPLIT -> cut(() -> world.network.split(random.below(1 << World.NODES_MAX + 1)));
            case ISOLATE_LEADER -> cut(() -> world.network.isolate(leader.id()));
            case ONE_WAY -> cut(() -> oneWay(random.chance(0.5) ? leader : node));
            case SLOW_DISK -> (random.chance(0.4) ? leader : node).slowDiskFor(time(200, 4000));
            case FAIL_SYNC -> node.failNextSync();
            case PAUSE -> node.pauseFor(time(50, 2500));
            case PAUSE_LEADER -> leader.pauseFor(time(50, 2500));
            case SLOW_NETWORK -> world.network.slowFor(time(200, 3000));
            case SLOW_BULK -> world.network.slowBulkFor(time(200, 3000));
            case SLOW_APPLY -> node.slowApplyFor(time(200, 3000));
            case TRANSFER -> {
                if (leader.core().role() == Role.LEADER) {
                    leader.step(new Input.TransferLeadership(random.chance(0.3) ? Member.NONE : node.id()));
                }
            }
            case CHANGE_MEMBERSHIP -> memberships.change();
            case LOSE_STATE -> loseState(random.chance(0.3) ? leader : node);
            case LOSE_LOG -> memberships.loseLog(node);
            case UNFIT -> {
                SimNode unfit = random.chance(0.5) ? leader : node;
                unfit.step(new Input.Fitness(false));
                unfit.later(time(200, 6000), () -> unfit.step(new Input.Fitness(true)));
            }
        }
    }

    /** Elections and what comes right after them are where most rules matter, so trouble likes to come then. */
    void roleChanged(SimNode node, Role role) {
        if (world.healed()) {
            return;
        }
        Scenario.Profile profile = world.scenario.profile();
        boolean crashes = profile == Scenario.Profile.CHURN || profile == Scenario.Profile.CRASHES;
        if (role == Role.CANDIDATE && crashes && random.chance(0.3)) {
            List<SimNode> others = world.nodes().stream().filter(other -> other != node).toList();
            if (!others.isEmpty()) {
                SimNode voter = others.get(random.below(others.size()));
                world.after(time(1, 40), () -> {
                    voter.crash();
                    world.after(time(1, 20), voter::startAgain);
                });
            }
        }
        if (role == Role.LEADER && profile == Scenario.Profile.CHURN && random.chance(0.5)) {
            harass(node);
        }
        if (role == Role.LEADER && profile == Scenario.Profile.MEMBERSHIP && random.chance(0.4)) {
            world.after(random.between(0, 3 * Scenario.MS), memberships::change);
        }
    }

    /** A new leader is cut off or crashes before or while its first entries spread (paper, figure 8). */
    private void harass(SimNode leader) {
        int life = leader.incarnation();
        Runnable blow = switch (random.below(4)) {
            case 0 -> () -> crash(leader);
            case 1 -> () -> isolateWithOneOther(leader);
            default -> () -> world.network.isolate(leader.id());
        };
        Runnable strike = () -> {
            if (leader.isUp() && leader.incarnation() == life) {
                blow.run();
                world.after(time(50, 800), world.network::join);
            }
        };
        if (random.chance(0.5)) {
            // Before the first entry of its term leaves it.
            world.network.isolate(leader.id());
            world.after(time(50, 800), world.network::join);
        } else {
            world.after(time(0, 40), strike);
        }
    }

    private void isolateWithOneOther(SimNode leader) {
        List<SimNode> nodes = world.nodes();
        SimNode other = nodes.get(random.below(nodes.size()));
        world.network.split(1 << leader.id() | 1 << other.id());
    }

    private Kind pick() {
        int at = random.below(total);
        int kind = 0;
        while (at >= weights[kind]) {
            at -= weights[kind++];
        }
        return Kind.values()[kind];
    }

    private long time(long fromMs, long toMs) {
        return random.between(fromMs, toMs) * Scenario.MS;
    }

    private void crash(SimNode node) {
        node.crash();
        world.after(random.chance(0.4) ? time(1, 50) : time(50, 3000), node::startAgain);
    }

    private void loseState(SimNode node) {
        if (world.keepsStateWithout(node)) {
            node.loseState();
            world.after(time(1, 1000), node::startAgain);
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
        world.after(time(100, 3000), world.network::join);
    }
}
