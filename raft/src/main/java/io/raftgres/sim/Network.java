package io.raftgres.sim;

import io.raftgres.raft.Message;
import io.raftgres.raft.Message.Envelope;
import java.util.Arrays;

/** Carries messages between nodes: late, out of order, twice or never. */
final class Network {
    private final World world;
    private final Randomness random;
    private final Scenario scenario;
    /** Direction from, to that carries nothing; by node number. */
    private final boolean[][] cut = new boolean[World.NODES_MAX + 1][World.NODES_MAX + 1];
    private final long[][] busyUntil = new long[World.NODES_MAX + 1][World.NODES_MAX + 1];
    private double loss;
    private double duplication;
    private long slowUntil;
    private long bulkSlowUntil;

    Network(World world, Randomness random) {
        this.world = world;
        this.random = random;
        scenario = world.scenario;
        loss = scenario.loss();
        duplication = scenario.duplication();
    }

    void send(Envelope envelope) {
        int from = (int) envelope.from();
        int to = (int) envelope.to();
        SimNode receiver = world.node(to);
        if (receiver == null || cut[from][to] || random.chance(loss)) {
            if (receiver != null && cut[from][to] && random.chance(0.05)) {
                world.node(from).peerUnreachable(to);
            }
            return;
        }
        boolean bulk = envelope.message() instanceof Message.AppendRequest request && !request.entries().isEmpty();
        deliver(from, to, bulk, () -> receiver.receive(envelope));
        if (random.chance(duplication)) {
            deliver(from, to, bulk, () -> receiver.receive(envelope));
        }
    }

    /** What one node forwards for a client to another: over a connection, so lost or once, never twice. */
    void forward(int from, int to, Runnable arrival) {
        if (!cut[from][to] && !random.chance(loss)) {
            deliver(from, to, false, arrival);
        }
    }

    private void deliver(int from, int to, boolean bulk, Runnable arrival) {
        long now = world.now();
        long usual = world.healed() ? Math.min(scenario.latencyUs(), Scenario.MS) : scenario.latencyUs();
        long delay = usual / 2 + random.exponential(usual / 2.0);
        if (now < slowUntil) {
            delay += random.between(0, 200 * Scenario.MS);
        }
        if (bulk && now < bulkSlowUntil) {
            delay += random.between(20 * Scenario.MS, 400 * Scenario.MS);
        }
        if (!scenario.fifo() && random.chance(0.02)) {
            delay += random.between(0, 500 * Scenario.MS);
        }
        long at = now + delay;
        // Bulk has a connection of its own: heartbeats and votes overtake it.
        if (scenario.fifo() && !bulk) {
            at = Math.max(at, busyUntil[from][to]);
            busyUntil[from][to] = at;
        }
        world.at(at, arrival);
    }

    /** @return whether a connection between the two holds */
    boolean reaches(int from, int to) {
        return !cut[from][to] && !cut[to][from];
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

    /** Nodes on different sides of {@code sides} (a bit for each node) hear nothing of each other. */
    void split(int sides) {
        for (int a = 1; a <= World.NODES_MAX; a++) {
            for (int b = 1; b <= World.NODES_MAX; b++) {
                cut[a][b] = (sides >>> a & 1) != (sides >>> b & 1);
            }
        }
    }

    void join() {
        for (boolean[] row : cut) {
            Arrays.fill(row, false);
        }
    }

    void slowFor(long us) {
        slowUntil = world.now() + us;
    }

    void slowBulkFor(long us) {
        bulkSlowUntil = world.now() + us;
    }

    void heal() {
        join();
        loss = 0;
        duplication = 0;
        slowUntil = 0;
        bulkSlowUntil = 0;
    }
}
