package io.raftgres.sim;

import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.util.Arrays;

/**
 * The connections between nodes, one for each direction: the dialling node sends. A node dials the members of its own
 * membership, which may be outdated. It also dials each node that has connected to it, while that connection lasts.
 */
final class Links {
    private static final long NEVER = Long.MAX_VALUE;

    private final World world;
    private final Randomness random;
    /** Time since which the connection from, to is open; by node number. */
    private final long[][] openAt = new long[World.NODES_MAX + 1][World.NODES_MAX + 1];
    /** Number of connections from, to so far: messages in flight may be lost when one breaks. */
    private final int[][] number = new int[World.NODES_MAX + 1][World.NODES_MAX + 1];
    /** By node, a bit for each member that it dials. */
    private final int[] dialled = new int[World.NODES_MAX + 1];

    Links(World world, Randomness random) {
        this.world = world;
        this.random = random;
        for (long[] row : openAt) {
            Arrays.fill(row, NEVER);
        }
    }

    /** @return whether {@code from} has a connection to {@code to} */
    boolean carries(int from, int to) {
        return openAt[from][to] <= world.now() || isGuest(from, to);
    }

    private boolean isGuest(int from, int to) {
        return openAt[to][from] <= world.now() && !world.sabotaged(Sabotage.NO_RESPONSE_TO_STRANGERS);
    }

    /** @return number of the current connection, for {@link #holds} later */
    int current(int from, int to) {
        return number[from][to];
    }

    /** @return whether the connection that carried a message is still open */
    boolean holds(int from, int to, int sentOn) {
        return number[from][to] == sentOn;
    }

    /** Adapts the connections after the node's membership changed or the node started. */
    void follow(SimNode node, Membership membership) {
        int wanted = 0;
        for (Member member : membership.members()) {
            wanted |= 1 << member.id();
        }
        int from = node.id();
        wanted &= ~(1 << from);
        int changed = wanted ^ dialled[from];
        dialled[from] = wanted;
        for (int to = 1; to <= World.NODES_MAX; to++) {
            if ((changed >>> to & 1) != 0) {
                if ((wanted >>> to & 1) != 0) {
                    dial(from, to);
                } else {
                    close(from, to);
                }
            }
        }
    }

    private void dial(int from, int to) {
        SimNode other = world.node(to);
        if (other != null && other.isUp()) {
            dialIn(from, to, (random.chance(0.9) ? random.between(1, 20) : random.between(20, 1000)) * Scenario.MS);
        }
    }

    /** Tries to connect after a while, unless another attempt begins first. */
    private void dialIn(int from, int to, long afterUs) {
        openAt[from][to] = NEVER;
        int attempt = ++number[from][to];
        world.after(afterUs, () -> {
            if (number[from][to] == attempt && (dialled[from] >>> to & 1) != 0) {
                open(from, to);
            }
        });
    }

    /** Both nodes identify themselves; a refused node tries again. */
    private void open(int from, int to) {
        SimNode dialling = world.node(from);
        SimNode asked = world.node(to);
        if (!dialling.isUp() || !asked.isUp()) {
            return;
        }
        if (world.network.isCutOff(from, to) || !asked.identity().admits(dialling)) {
            dialIn(from, to, random.between(50, 1000) * Scenario.MS);
            return;
        }
        openAt[from][to] = world.now();
        // A node that responds to an unknown member dials it over a connection of its own, and identifies itself there
        // too.
        if (openAt[to][from] == NEVER && asked.identity().isStranger(dialling)) {
            dialling.identity().admits(asked);
        }
    }

    private void close(int from, int to) {
        openAt[from][to] = NEVER;
        number[from][to]++;
    }

    /** A process has started: the nodes that need it dial it again. */
    void started(SimNode node) {
        dialled[node.id()] = 0;
        follow(node, node.core().membership());
        for (int other = 1; other <= World.NODES_MAX; other++) {
            if ((dialled[other] >>> node.id() & 1) != 0) {
                dial(other, node.id());
            }
        }
    }

    /** A process has ended: its connections break, and the other nodes usually notice. */
    void crashed(SimNode node) {
        boolean silent = random.chance(0.2);
        for (int other = 1; other <= World.NODES_MAX; other++) {
            boolean known = openAt[node.id()][other] <= world.now() || openAt[other][node.id()] <= world.now();
            close(other, node.id());
            openAt[node.id()][other] = NEVER;
            // Messages in flight may have reached the receiver already.
            if (node.identity().isWiped() || random.chance(0.5)) {
                number[node.id()][other]++;
            }
            SimNode peer = world.node(other);
            if (known && !silent && peer != null && peer.isUp()) {
                peer.peerUnreachable(node.id(), random.between(0, 20) * Scenario.MS);
            }
        }
        dialled[node.id()] = 0;
    }

    /** The connections between two nodes break, although both nodes run. */
    void broken(int a, int b) {
        timedOut(a, b);
        timedOut(b, a);
    }

    /** Nothing passed for too long: the node closes the connection and dials again. */
    void timedOut(int from, int to) {
        if (openAt[from][to] <= world.now()) {
            dialIn(from, to, random.between(50, 1000) * Scenario.MS);
            world.node(from).peerUnreachable(to, 0);
        }
    }
}
