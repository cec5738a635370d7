package io.raftgres.raft;

import io.raftgres.raft.Message.TimeoutNow;
import io.raftgres.raft.Output.Proposed;
import io.raftgres.raft.Output.Refusal;
import java.util.NavigableMap;
import java.util.function.BooleanSupplier;

/**
 * Hands leadership to another voter (thesis, section 3.10): when asked to, and by itself when this leader is degraded
 * any more. The target gets what it still lacks, which is little, while proposals wait; when it does not take over
 * within an election timeout, this leader goes on, and does not try again at once: else writes would hardly be taken.
 */
final class LeadershipTransfer {

    /** This leader tries again by itself after this many election timeouts, and after twice as many each time... */
    private static final int RETRY_ELECTIONS = 4;

    /** ...until it has doubled so often: proposals wait for a 64th of the time then. */
    private static final int MAX_DOUBLINGS = 4;

    /** After one that came to nothing, this many election timeouts pass before another may be asked for. */
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

    /** @param young whether voters that run may not have had the time to answer this leader */
    LeadershipTransfer(MemberState state, NavigableMap<Long, Progress> others, BooleanSupplier young) {
        this.state = state;
        this.others = others;
        this.young = young;
    }

    boolean isUnderway() {
        return target != Member.NONE;
    }

    Proposed refusal() {
        return new Proposed.Refused(
                Refusal.TRANSFERRING,
                "leadership is being handed to member " + MembershipRules.label(state.membership(), target)
                        + "; try again in a moment");
    }

    /** @param wanted {@link Member#NONE} for the best candidate */
    Proposed begin(long wanted) {
        if (isUnderway()) {
            return refusal();
        }
        if (state.now < pauseTick) {
            return new Proposed.Refused(
                    Refusal.TOO_EARLY,
                    "leadership was to be handed over just now and was not taken"
                            + " in time; writes go first for a moment, try again then");
        }
        long next = wanted == Member.NONE ? best() : wanted;
        String objection = objection(next);
        if (objection != null) {
            return new Proposed.Refused(mayPass(next) ? Refusal.TOO_EARLY : Refusal.UNSAFE, objection);
        }
        start(next);
        return new Proposed.Accepted(0, state.term, 0);
    }

    /** @return why leadership cannot go there, null when it can */
    private String objection(long id) {
        if (id == Member.NONE) {
            return "no other voter is both reachable and healthy; wait until one is";
        }
        String label = "member " + MembershipRules.label(state.membership(), id);
        if (id == state.self()) {
            return label + " leads already";
        }
        Progress progress = others.get(id);
        if (progress == null || !state.membership().isVoter(id)) {
            return label + " is not a voter; only a voter can lead";
        }
        if (!answers(progress)) {
            return label + " does not answer; choose another voter, or bring it back first";
        }
        if (progress.phase == Progress.Phase.SNAPSHOT) {
            return label + " needs a snapshot first; choose another voter, or wait until it has caught up";
        }
        // One that has not said yet may be asked for: there may be no time to wait for its next heartbeat.
        if (progress.isKnownDegraded()) {
            return label + " is degraded: its state or its disk is in trouble; choose another voter";
        }
        if (!isNear(progress)) {
            return label + " is " + (state.log.lastIndex() - progress.match)
                    + " entries behind, more than writes can wait for; wait until it has caught up";
        }
        return null;
    }

    /** @return whether it lacks no more than may be under way to it, so that proposals wait for a moment only */
    private boolean isNear(Progress progress) {
        return state.log.cache().holdsAbove(progress.match, state.config.maxInflightBytes());
    }

    /**
     * @return whether the objection may be gone in a moment: a leadership as young as this may only not have heard yet
     *     who could take over, one late sync makes a member degraded for some elections only, and one that is behind
     *     catches up
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

    /** @return the healthy voter that responds, is near and has most of the log; the lowest id of several */
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
            // Whether its probe was lost need not wait for heartbeats to show.
            progress.waiting = false;
        }
    }

    void tick() {
        if (isUnderway() && state.rules.endsHandover(state.now, deadlineTick)) {
            end();
            pauseTick = state.now + (long) PAUSE_ELECTIONS * state.config.electionTicks();
        }
        if (!state.isDegraded()) {
            doublings = 0;
        }
        if (!isUnderway() && state.isDegraded() && state.now >= retryTick && canDoWithoutThisDisk()) {
            long next = best();
            if (next != Member.NONE) {
                start(next);
                retryTick = state.now + ((long) RETRY_ELECTIONS << doublings) * state.config.electionTicks();
                doublings = Math.min(doublings + 1, MAX_DOUBLINGS);
            }
        }
    }

    /**
     * Where the others are no majority, they need this member's disk whoever leads: an election would only wait for it.
     */
    private boolean canDoWithoutThisDisk() {
        return !state.hasSlowDisk()
                || state.quorum.reached(id -> id != state.self()
                        && others.containsKey(id)
                        && others.get(id).isKnownHealthy()
                        && answers(others.get(id)));
    }

    /** The order to take over may have been lost: it goes out again. */
    void heartbeat() {
        ordered = false;
    }

    void membershipChanged() {
        if (isUnderway() && !state.membership().isVoter(target)) {
            end();
        }
    }

    /** Orders the target to take over once it has the whole log. */
    void pump() {
        if (isUnderway() && !ordered && state.rules.mayHandOver(others.get(target).match, state.log.lastIndex())) {
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
