package io.raftgres.sim;

import io.raftgres.raft.Message;
import io.raftgres.raft.Message.Envelope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Carries messages between connected nodes: late, out of order, twice or never. */
final class Network {
    /** Upper bound of messages that all cuts together hold back. */
    private static final int KEPT_MAX = 2000;

    private record Kept(int from, int to, Runnable arrival) {}

    private final World world;
    private final Randomness random;
    private final Scenario scenario;
    private final Links links;
    /** Direction from, to that carries no messages; by node number. */
    private final boolean[][] cut = new boolean[World.NODES_MAX + 1][World.NODES_MAX + 1];

    private final long[][] busyUntil = new long[World.NODES_MAX + 1][World.NODES_MAX + 1];
    private final List<Kept> kept = new ArrayList<>();
    /** The nodes that no cut separates, a bit for each. */
    private int steady;
    /** The nodes that stay cut off when the network heals, a bit for each. */
    private int isolated;

    private boolean perfect;
    private long slowUntil;
    private long bulkSlowUntil;

    Network(World world, Randomness random) {
        this.world = world;
        this.random = random;
        scenario = world.scenario;
        links = new Links(world, random);
    }

    Links links() {
        return links;
    }

    void send(Envelope envelope) {
        int from = (int) envelope.from();
        int to = (int) envelope.to();
        SimNode receiver = world.node(to);
        if (receiver == null || !links.carries(from, to)) {
            return;
        }
        long sentAt = world.now();
        Runnable arrival = arrival(from, to, () -> {
            if (!world.watch.isOutdated(envelope, sentAt)) {
                receiver.receive(envelope);
            }
        });
        if (isCut(from, to)) {
            intoCut(from, to, arrival);
            return;
        }
        boolean clean = perfect || isSteady(from, to);
        if (!clean && random.chance(scenario.loss())) {
            return;
        }
        boolean bulk = envelope.message() instanceof Message.AppendRequest request
                && !request.entries().isEmpty();
        deliver(from, to, bulk, arrival);
        if (!clean && random.chance(scenario.duplication())) {
            deliver(from, to, bulk, arrival);
        }
    }

    private Runnable arrival(int from, int to, Runnable action) {
        int sentOn = links.current(from, to);
        return () -> {
            if (links.holds(from, to, sentOn)) {
                action.run();
            }
        };
    }

    /**
     * Neither side has noticed the cut yet: the message waits or is isolated, and after a while the sender closes the
     * connection.
     */
    private void intoCut(int from, int to, Runnable arrival) {
        if (random.chance(0.05)) {
            links.timedOut(from, to);
        } else if (scenario.keeps() && kept.size() < KEPT_MAX) {
            kept.add(new Kept(from, to, arrival));
        }
    }

    /** Forwards a client's request from one node to another: over a connection, so it arrives at most once. */
    void forward(int from, int to, Runnable arrival) {
        if (links.carries(from, to) && !isCut(from, to) && (perfect || !random.chance(scenario.loss()))) {
            deliver(from, to, false, arrival(from, to, arrival));
        }
    }

    private void deliver(int from, int to, boolean bulk, Runnable arrival) {
        long now = world.now();
        boolean steadily = isSteady(from, to);
        long usual = perfect
                ? Math.min(scenario.latencyUs(), Scenario.MS)
                : steadily ? Math.min(scenario.latencyUs(), scenario.promptUs()) : scenario.latencyUs();
        long delay = usual / 2 + random.exponential(usual / 2.0);
        if (!steadily) {
            delay += lateness(now, bulk);
        }
        long at = now + delay;
        // Bulk data has a connection of its own: heartbeats and votes overtake it.
        if (scenario.fifo() && !bulk) {
            at = Math.max(at, busyUntil[from][to]);
            busyUntil[from][to] = at;
        }
        world.at(at, arrival);
    }

    private long lateness(long now, boolean bulk) {
        long late = 0;
        if (now < slowUntil) {
            late += random.between(0, 200 * Scenario.MS);
        }
        if (bulk && now < bulkSlowUntil) {
            late += random.between(20 * Scenario.MS, 400 * Scenario.MS);
        }
        if (perfect) {
            return late;
        }
        if (!scenario.fifo() && random.chance(0.02)) {
            late += random.between(0, 500 * Scenario.MS);
        }
        if (scenario.lateness() > 0 && random.chance(scenario.lateness())) {
            world.counts.reached(Reached.MESSAGE_LATE_BY_SECONDS);
            late += random.between(Scenario.SECOND, Scenario.LATEST_US);
        }
        return Math.min(late, Scenario.LATEST_US);
    }

    private boolean isCut(int from, int to) {
        return (isolated >>> from & 1) != (isolated >>> to & 1) || cut[from][to] && !isSteady(from, to);
    }

    /** @return whether the two nodes cannot connect */
    boolean isCutOff(int from, int to) {
        return isCut(from, to) || isCut(to, from);
    }

    private boolean isSteady(int from, int to) {
        return (steady >>> from & steady >>> to & 1) != 0;
    }

    /** @return whether messages get from one node to the other, and responses back */
    boolean reaches(int from, int to) {
        return !isCutOff(from, to) && (links.carries(from, to) || links.carries(to, from));
    }

    void cut(int from, int to) {
        cut[from][to] = true;
    }

    void isolate(int node) {
        for (int other = 1; other <= World.NODES_MAX; other++) {
            cut[node][other] = other != node;
            cut[other][node] = other != node;
        }
    }

    /** Nodes on different sides of {@code sides} (a bit for each node) cannot reach each other. */
    void split(int sides) {
        for (int a = 1; a <= World.NODES_MAX; a++) {
            for (int b = 1; b <= World.NODES_MAX; b++) {
                cut[a][b] = (sides >>> a & 1) != (sides >>> b & 1);
            }
        }
    }

    /** Ends all cuts. Messages that waited arrive, even if they are seconds old. */
    void join() {
        for (boolean[] row : cut) {
            Arrays.fill(row, false);
        }
        kept.removeIf(message -> {
            boolean arrives = !isCut(message.from(), message.to());
            if (arrives) {
                world.after(random.between(1, 50) * Scenario.MS, message.arrival());
            }
            return arrives;
        });
    }

    void slowFor(long us) {
        slowUntil = world.now() + us;
    }

    void slowBulkFor(long us) {
        bulkSlowUntil = world.now() + us;
    }

    /** Among these nodes, a bit for each, messages are prompt and never isolated. 0: no such nodes */
    void steady(int nodes) {
        steady = nodes;
    }

    /** Ends all faults, except that some nodes stay cut off permanently. */
    void heal(int permanentlyIsolated) {
        steady = 0;
        isolated = permanentlyIsolated;
        perfect = true;
        slowUntil = 0;
        bulkSlowUntil = 0;
        join();
    }
}
