package io.raftgres.sim;

import io.raftgres.raft.Entry;
import io.raftgres.raft.Membership;
import java.util.ArrayList;
import java.util.List;

/** Chooses nodes that the cluster can spare: the others are a majority of every membership that may come into force. */
final class Majority {
    private final World world;

    Majority(World world) {
        this.world = world;
    }

    /** @return nodes that the cluster can do without, a bit for each; 0 when it can spare none */
    int spare(Randomness random) {
        List<List<Long>> memberships = possible();
        int all = 0;
        for (SimNode node : world.nodes()) {
            if (!node.isGone() && !node.identity().isUnproven()) {
                all |= 1 << node.id();
            }
        }
        if (!isEnough(all, memberships)) {
            return 0;
        }
        int spared = 0;
        List<SimNode> nodes = world.nodes();
        while (!nodes.isEmpty()) {
            SimNode node = nodes.remove(random.below(nodes.size()));
            int more = spared | 1 << node.id();
            if (!node.isGone() && random.chance(0.7) && isEnough(all & ~more, memberships)) {
                spared = more;
            }
        }
        return spared;
    }

    /** @return the voters of the committed membership, and of each membership in a log that may still be committed */
    private List<List<Long>> possible() {
        List<List<Long>> possible = new ArrayList<>();
        possible.add(world.checks.committedMembership().voters());
        for (SimNode node : world.nodes()) {
            for (LogImage image : List.of(node.disk().written(), node.disk().durable())) {
                Entry change = image.latestChange();
                if (change != null && !world.checks.isCommitted(image, change.index())) {
                    possible.add(Membership.decode(change.data()).voters());
                }
            }
        }
        return possible;
    }

    private boolean isEnough(int nodes, List<List<Long>> memberships) {
        for (List<Long> voters : memberships) {
            long there = voters.stream().filter(id -> (nodes >>> id & 1) != 0).count();
            if (2 * there <= voters.size()) {
                return false;
            }
        }
        long base = 0;
        long best = -1;
        for (SimNode node : world.nodes()) {
            if ((nodes >>> node.id() & 1) != 0) {
                base = Math.max(base, node.disk().durable().base());
                best = node.isStateless() ? best : Math.max(best, node.store().flushedIndex());
            }
        }
        // All of their logs must be able to continue from a state that one of them has.
        return best >= base;
    }
}
