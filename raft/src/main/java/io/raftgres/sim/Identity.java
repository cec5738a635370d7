package io.raftgres.sim;

/** Who a member is, and how it ends: removed, without its log, or away until the end of the world. */
final class Identity {
    private final World world;
    private final SimNode node;
    private final Randomness random;
    /** Committed entries when it came to be: only those above name it, if it is no first member. */
    private final long joinedAt;
    private boolean gone;
    private boolean away;
    private boolean told;

    Identity(World world, SimNode node, Randomness random) {
        this.world = world;
        this.node = node;
        this.random = random;
        joinedAt = world.checks.committed();
    }

    long joinedAt() {
        return joinedAt;
    }

    boolean isGone() {
        return gone;
    }

    boolean mayStart() {
        return !gone && !away;
    }

    /** A life of the node begins. */
    void started() {
        told = false;
    }

    /** Stops for good. */
    private void retire() {
        node.crash();
        gone = true;
    }

    /** Stops until the world ends. */
    void stayAway() {
        node.crash();
        away = true;
    }

    /** Somebody who knows has refused it: it was removed. To end takes it a while. */
    void toldOfRemoval() {
        if (told) {
            return;
        }
        told = true;
        node.later(random.between(1, 5000) * Scenario.MS, () -> {
            world.counts.reached(Reached.TOLD_OF_ITS_REMOVAL);
            world.trace.line(world.now(), () -> "node" + node.id() + " is told that it was removed, and stops");
            retire();
        });
    }

    /** Stops for good: the log is lost, and with it all that the identity stood for. */
    void loseLog() {
        world.counts.logsLost++;
        if (world.sabotaged(Sabotage.RETURN_WITHOUT_LOG)) {
            node.crash();
            node.log().empty();
            node.store().install(new MapMachine(Scenario.KEYS, false, world.bootstrap));
            node.store().settled();
            world.after(random.between(1, 500) * Scenario.MS, node::startAgain);
        } else {
            retire();
            world.faults.replace(node);
        }
    }

    /** @return whether the log's damage is found now, and ends the member: a damaged log is not gone on with */
    boolean endsByRot() {
        boolean ends = world.faults.mayLoseLog(node);
        if (ends) {
            world.counts.reached(Reached.ROT_FOUND);
            loseLog();
        } else {
            node.log().repaired();
        }
        return ends;
    }
}
