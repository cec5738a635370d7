package io.raftgres.sim;

import io.raftgres.raft.Input;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Restored;
import java.util.HashMap;
import java.util.Map;

/**
 * A member's identity: its log, the logs of other members that it knows, and its end. It ends when it is removed, loses
 * its log, or stays unavailable until the simulation ends.
 */
final class SimIdentity {
    private final World world;
    private final SimNode node;
    private final Randomness random;
    /**
     * Number of committed entries when the identity was created; unless it is a first member, only later entries name
     * it.
     */
    private final long joinedAt;

    private final Membership firstMembership;
    /** Identifies the log, as the salt of a real log does; it changes when the disk is wiped. */
    private long logName;
    /** The log of each member that has connected, as recorded on the disk. */
    private final Map<Integer, Long> known = new HashMap<>();
    /** The wiped disk with its promises; null while the disk is the first one. */
    private SimDisk lost;

    private boolean gone;
    private boolean unavailable;
    private boolean refused;

    SimIdentity(World world, SimNode node, Randomness random, Membership firstMembership) {
        this.world = world;
        this.node = node;
        this.random = random;
        this.firstMembership = firstMembership;
        joinedAt = world.checks.committed();
        logName = random.next();
    }

    long joinedAt() {
        return joinedAt;
    }

    boolean isGone() {
        return gone;
    }

    boolean mayStart() {
        return !gone && !unavailable;
    }

    /** A run of the node begins. */
    void started() {
        refused = false;
        if (world.sabotaged(Sabotage.FORGET_LOGS)) {
            known.clear();
        }
    }

    /** @return the state with which the core begins: a first member with a blank log needs vouchers */
    Restored vouched(Restored found) {
        return isUnproven() && !world.sabotaged(Sabotage.RETURN_WITHOUT_LOG) ? found.unvouched() : found;
    }

    /** @return whether its disk was wiped, and the others have not vouched for it since */
    boolean isWiped() {
        return lost != null && !(node.isUp() && node.core().isVouched());
    }

    /** @return whether others have to vouch for it before it takes part, now or at the next start */
    boolean isUnproven() {
        return firstMembership.isVoter(node.id()) && node.disk().durable().isBlank();
    }

    /** @return the log on the disk with which it made its promises */
    LogImage promised() {
        return isWiped() ? lost.durable() : node.disk().durable();
    }

    /** Wipes the disk: the log, the state, and the known logs of other members. */
    void wipe() {
        world.counts.logsLost++;
        lost = node.disk();
        node.crash();
        node.log().empty();
        node.store().install(new MapMachine(Scenario.KEYS, false, world.bootstrap));
        node.store().settled();
        known.clear();
        logName = random.next();
        world.after(random.between(1, 2000) * Scenario.MS, node::startAgain);
    }

    /** @return whether the other node is not in this node's membership */
    boolean isStranger(SimNode other) {
        return !node.core().membership().contains(other.id());
    }

    /** Another node identifies itself. @return whether this node accepts the identity */
    boolean admits(SimNode comer) {
        if (node.refuses(comer.id())) {
            comer.identity().notifiedOfRemoval();
            return false;
        }
        if (isStranger(comer)) {
            return true;
        }
        Long log = known.putIfAbsent(comer.id(), comer.identity().logName);
        if (log != null && log != comer.identity().logName) {
            comer.identity().foundWithOtherLog();
            return false;
        }
        boolean blank = node.disk().written().isBlank();
        int life = comer.incarnation();
        comer.later(100, () -> {
            if (comer.incarnation() == life) {
                comer.step(new Input.Vouched(node.id(), blank));
            }
        });
        return true;
    }

    /** Another member knows it with a different log: it has lost its promises, and its identity has ended. */
    private void foundWithOtherLog() {
        if (isWiped() && !gone) {
            world.counts.reached(Reached.WIPED_AND_REPLACED);
            world.trace.line(world.now(), () -> "node" + node.id() + " is known with a different log");
            retire();
            world.faults.replace(node);
        }
    }

    /** Stops permanently. */
    private void retire() {
        node.crash();
        gone = true;
    }

    /** Stops until the end of the simulation. */
    void stayUnavailable() {
        node.crash();
        unavailable = true;
    }

    /** A member that knows of its removal has refused it. It stops after a while. */
    void notifiedOfRemoval() {
        if (refused) {
            return;
        }
        refused = true;
        node.later(random.between(1, 5000) * Scenario.MS, () -> {
            world.counts.reached(Reached.NOTIFIED_OF_ITS_REMOVAL);
            world.trace.line(world.now(), () -> "node" + node.id() + " learns that it was removed, and stops");
            retire();
        });
    }

    /** Stops permanently: the log is lost, and the identity with it. */
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

    /**
     * @return whether the damage of the log is found now. The member then stops, because it cannot continue with a
     *     damaged log
     */
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
