package io.raftgres.raft;

import io.raftgres.raft.Message.TimeoutNow;
import io.raftgres.raft.Output.Proposed;
import io.raftgres.raft.Output.Refusal;
import java.util.NavigableMap;
import java.util.function.BooleanSupplier;

/**
 * Transfers leadership to another voter (thesis, section 3.10): on request, or by itself when this leader is degraded.
 * Proposals wait while the target receives its missing entries. If the target does not take over within an election
 * timeout, this leader continues. It does not retry at once, so that it can accept writes in between.
 */
final class LeadershipTransfer {

    /** A degraded leader retries by itself after this many election timeouts, and doubles the wait each time... */
    private static final int RETRY_ELECTIONS = 4;

    /** ...at most this many times. Proposals then wait for 1/64 of the time. */
    private static final int MAX_DOUBLINGS = 4;

    /** After a failed transfer, the leader refuses new requests for this many election timeouts. */
    private static final int PAUSE_ELECTIONS = 3;

    private final MemberState state;
    private final NavigableMap<Long, Progress> others;
    private final BooleanSupplier young;
    private long target = Member.NONE;
    private long deadlineTick;
    private long pauseTick;
    private long retryTick;
    private int doublings;
    private boolean ordered;

    /** @param young whether this leadership is too new for all running voters to have responded */
    LeadershipTransfer(MemberState state, NavigableMap<Long, Progress> others, BooleanSupplier young) {
        this.state = state;
        this.others = others;
        this.young = young;
    }

    boolean isInProgress() {
        return target != Member.NONE;
    }

    Proposed refusal() {
        return new Proposed.Refused(
                Refusal.TRANSFERRING,
                "leadership is being transferred to member " + MembershipRules.label(state.membership(), target)
                        + "; try again in a moment");
    }

    /** @param wanted {@link Member#NONE} for the best candidate */
    Proposed begin(long wanted) {
        if (isInProgress()) {
            return refusal();
        }
        if (state.now < pauseTick) {
            return new Proposed.Refused(
                    Refusal.TOO_EARLY,
                    "the latest leadership transfer was not completed"
                            + " in time; writes continue for a moment, try again then");
        }
        long next = wanted == Member.NONE ? best() : wanted;
        String objection = objection(next);
        if (objection != null) {
            return new Proposed.Refused(mayPass(next) ? Refusal.TOO_EARLY : Refusal.UNSAFE, objection);
        }
        start(next);
        return new Proposed.Accepted(0, state.term, 0);
    }

    /** @return why this member cannot take over leadership, null when it can */
    private String objection(long id) {
        if (id == Member.NONE) {
            return "no other voter is both reachable and healthy; wait until one is";
        }
        String label = "member " + MembershipRules.label(state.membership(), id);
        if (id == state.self()) {
            return label + " is the leader already";
        }
        Progress progress = others.get(id);
        if (progress == null || !state.membership().isVoter(id)) {
            return label + " is not a voter; only a voter can lead";
        }
        if (!answers(progress)) {
            return label + " does not respond; choose another voter, or start it first";
        }
        if (progress.phase == Progress.Phase.SNAPSHOT) {
            return label + " needs a snapshot first; choose another voter, or wait until it has caught up";
        }
        // A voter that has not reported its health yet is accepted: there may be no time to wait for its next
        // heartbeat.
        if (progress.isKnownDegraded()) {
            return label + " is degraded: its state is unavailable or its disk is slow; choose another voter";
        }
        if (!isNear(progress)) {
            return label + " is " + (state.log.lastIndex() - progress.match)
                    + " entries behind, more than writes can wait for; wait until it has caught up";
        }
        return null;
    }

    /**
     * @return whether the target lacks no more than the bytes that may be in flight, so that proposals wait only
     *     briefly
     */
    private boolean isNear(Progress progress) {
        return state.log.cache().holdsAbove(progress.match, state.config.maxInflightBytes());
    }

    /**
     * @return whether the objection may pass in a moment. A new leader may not have heard yet from the voters that
     *     could take over. One late sync makes a member degraded for some election timeouts only. A member that is
     *     behind catches up.
     */
    private boolean mayPass(long id) {
        if (id == Member.NONE) {
            return young.getAsBoolean()
                    || others.values().stream()
                            .anyMatch(each -> state.membership().isVoter(each.id) && answers(each) && mayRecover(each));
        }
        Progress progress = others.get(id);
        return progress != null
                && state.membership().isVoter(id)
                && (answers(progress) ? mayRecover(progress) : young.getAsBoolean());
    }

    private boolean mayRecover(Progress progress) {
        return progress.phase != Progress.Phase.SNAPSHOT && (progress.isKnownDegraded() || !isNear(progress));
    }

    private boolean answers(Progress progress) {
        return progress.heard && state.now - progress.heardTick < state.config.electionTicks();
    }

    /**
     * @return the healthy voter that responds, is nearly caught up and has the longest log; the lowest id among equals
     */
    private long best() {
        Progress best = null;
        for (Progress progress : others.values()) {
            if (state.membership().isVoter(progress.id)
                    && progress.isKnownHealthy()
                    && answers(progress)
                    && (best == null || progress.match > best.match)
                    && isNear(progress)) {
                best = progress;
            }
        }
        return best == null ? Member.NONE : best.id;
    }

    private void start(long next) {
        target = next;
        deadlineTick = state.now + state.config.electionTicks();
        ordered = false;
        Progress progress = others.get(next);
        if (progress.phase == Progress.Phase.PROBE) {
            // Send the next append now, without waiting for heartbeats to show whether the last probe was lost.
            progress.waiting = false;
        }
    }

    void tick() {
        if (isInProgress() && state.rules.endsTransfer(state.now, deadlineTick)) {
            end();
            pauseTick = state.now + (long) PAUSE_ELECTIONS * state.config.electionTicks();
        }
        if (!state.isDegraded()) {
            doublings = 0;
        }
        if (!isInProgress() && state.isDegraded() && state.now >= retryTick && othersAreMajority()) {
            long next = best();
            if (next != Member.NONE) {
                start(next);
                retryTick = state.now + ((long) RETRY_ELECTIONS << doublings) * state.config.electionTicks();
                doublings = Math.min(doublings + 1, MAX_DOUBLINGS);
            }
        }
    }

    /**
     * If the others are not a majority, they need this member's disk under any leader. An election would not help then.
     */
    private boolean othersAreMajority() {
        return !state.hasSlowDisk()
                || state.quorum.reached(id -> id != state.self()
                        && others.containsKey(id)
                        && others.get(id).isKnownHealthy()
                        && answers(others.get(id)));
    }

    /** Lets {@link #pump} send TimeoutNow again, because the previous one may have been lost. */
    void heartbeat() {
        ordered = false;
    }

    void membershipChanged() {
        if (isInProgress() && !state.membership().isVoter(target)) {
            end();
        }
    }

    /** Sends TimeoutNow to the target once the target has the whole log. */
    void pump() {
        if (isInProgress()
                && !ordered
                && state.rules.mayOrderTransfer(others.get(target).match, state.log.lastIndex())) {
            ordered = true;
            state.out.send(target, new TimeoutNow(state.term));
        }
    }

    void reset() {
        end();
        pauseTick = 0;
        retryTick = 0;
        doublings = 0;
    }

    private void end() {
        target = Member.NONE;
        ordered = false;
    }
}
