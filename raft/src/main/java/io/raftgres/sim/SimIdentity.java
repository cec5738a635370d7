package io.raftgres.sim;

import io.raftgres.raft.Input;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Restored;
import java.util.HashMap;
import java.util.Map;

/**
 * Who a member is, which log it has and which logs of others it knows, and how it ends: removed, without its log, or
 * away until the end of the world.
 */
final class SimIdentity {
    private final World world;
    private final SimNode node;
    private final Randomness random;
    /** Committed entries when it came to be: only those above name it, if it is no first member. */
    private final long joinedAt;

    private final Membership firstMembership;
    /** Names the log, as its salt does: another one after the disk was wiped. */
    private long logName;
    /** What the disk remembers: the log of each member that has connected. */
    private final Map<Integer, Long> known = new HashMap<>();
    /** What was promised with the log that a wiped disk had; null as long as the disk is the first one. */
    private SimDisk lost;

    private boolean gone;
    private boolean away;
    private boolean told;

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
        return !gone && !away;
    }

    /** A life of the node begins. */
    void started() {
        told = false;
        if (world.sabotaged(Sabotage.FORGET_LOGS)) {
            known.clear();
        }
    }

    /** @return what the core begins with: a first member with a blank log has to be vouched for */
    Restored vouched(Restored found) {
        return isUnproven() && !world.sabotaged(Sabotage.RETURN_WITHOUT_LOG) ? found.unvouched() : found;
    }

    /** @return whether its disk was wiped, and nobody has vouched for it since */
    boolean isWiped() {
        return lost != null && !(node.isUp() && node.core().isVouched());
    }

    /** @return whether others have to vouch for it before it takes part, now or at the next start */
    boolean isUnproven() {
        return firstMembership.isVoter(node.id()) && node.disk().durable().isBlank();
    }

    /** @return what is on the disk that it made its promises with */
    LogImage promised() {
        return isWiped() ? lost.durable() : node.disk().durable();
    }

    /** Its disk is empty from now on: no log, no state, nothing known of others. */
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

    /** @return whether the other is no member that it knows of */
    boolean isStranger(SimNode other) {
        return !node.core().membership().contains(other.id());
    }

    /** Somebody introduces itself. @return whether it is taken for who it says it is */
    boolean admits(SimNode comer) {
        if (node.refuses(comer.id())) {
            comer.identity().toldOfRemoval();
            return false;
        }
        if (isStranger(comer)) {
            return true;
        }
        Long log = known.putIfAbsent(comer.id(), comer.identity().logName);
        if (log != null && log != comer.identity().logName) {
            comer.identity().toldOfOtherLog();
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

    /** It is known with another log: it has lost what it promised, and is nobody any more. */
    private void toldOfOtherLog() {
        if (isWiped() && !gone) {
            world.counts.reached(Reached.WIPED_AND_REPLACED);
            world.trace.line(world.now(), () -> "node" + node.id() + " is known with another log");
            retire();
            world.faults.replace(node);
        }
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
