package io.raftgres.raft;

import java.util.Random;

/** The state that all parts of the core share. Only the thread in {@link RaftCore#step} changes it. */
final class MemberState {
    /** After this many election timeouts without a late sync, a slow disk counts as sound again. */
    private static final int SLOW_DISK_ELECTIONS = 10;

    final RaftConfig config;
    final Rules rules;
    final Random random;
    final RaftLog log;
    final Outbox out;
    final Quorum quorum;
    final Loads loads;

    Role role;
    long term;
    long votedFor;
    long leader = Member.NONE;
    long commitIndex;
    long matchedByAll;
    private Membership inForce;

    /** Ticks since the core was made. */
    long now;

    /** Value of the latest {@link Input.Degraded}. */
    boolean reportedDegraded;

    private final boolean hasState;

    /**
     * Entries up to this index are committed, because the state holds them. It may exceed the last index of the log at
     * the start.
     */
    final long appliedAtStart;

    /** The disk counts as slow until this tick. */
    private long slowDiskUntil;

    /** Reason of the latest change of role, term or leader. */
    private String reason = "";

    MemberState(RaftConfig config, Restored restored, long seed, Rules rules) {
        this.config = config;
        this.rules = rules;
        // Members that were given the same seed must not time out at the same time.
        this.random = new Random(seed ^ Long.rotateLeft(config.self() * 0x9E3779B97F4A7C15L, 17));
        log = new RaftLog(restored, rules, config.maxCachedBytes());
        out = new Outbox(config.self(), rules, restored.hardState());
        quorum = new Quorum(rules);
        loads = new Loads(out);
        term = restored.hardState().term();
        votedFor = restored.hardState().votedFor();
        matchedByAll = log.baseIndex();
        hasState = restored.hasState();
        appliedAtStart = Math.max(restored.appliedIndex(), log.baseIndex());
        commitIndex = Math.min(appliedAtStart, log.lastIndex());
        inForce = membership();
        quorum.use(inForce);
        role = passiveRole();
    }

    long self() {
        return config.self();
    }

    boolean isLeader() {
        return role == Role.LEADER;
    }

    /** Checks the disk. A sync that is late by an election timeout makes the disk slow, and it stays so for a while. */
    void watchDisk() {
        if (log.oldestInFlightTicks(now) >= config.electionTicks()) {
            slowDiskUntil = now + (long) SLOW_DISK_ELECTIONS * config.electionTicks();
        }
    }

    /** @return whether this member should not lead */
    boolean isDegraded() {
        return reportedDegraded || !hasState || hasSlowDisk();
    }

    boolean hasSlowDisk() {
        return now < slowDiskUntil;
    }

    Membership membership() {
        MembershipHistory history = log.memberships();
        return rules.inForce(history.latest(), history.at(commitIndex));
    }

    /**
     * Adopts the membership that is in force now.
     *
     * @return whether it differs from the previous one
     */
    boolean refreshMembership() {
        Membership before = inForce;
        inForce = membership();
        if (!quorum.use(inForce)) {
            return false;
        }
        for (Member member : inForce.members()) {
            if (!before.contains(member.id())) {
                // A new member has no entries yet, so no more of the log may be cut.
                matchedByAll = log.baseIndex();
            }
        }
        return true;
    }

    Membership committedMembership() {
        return log.memberships().at(commitIndex);
    }

    boolean mayCampaign() {
        return rules.mayCampaign(membership(), committedMembership(), self());
    }

    /** @return the role of the member when it neither leads nor campaigns */
    Role passiveRole() {
        return membership().isVoter(self()) ? Role.FOLLOWER : Role.LEARNER;
    }

    /** @return term of the entry at the commit index */
    long termAtCommit() {
        return log.terms().at(commitIndex);
    }

    void become(Role next, long nextTerm, long nextLeader, String why) {
        if (nextTerm < term) {
            throw new IllegalStateException("term would go back from " + term + " to " + nextTerm);
        }
        if (nextTerm > term) {
            votedFor = Member.NONE;
        }
        if (role != next || term != nextTerm || leader != nextLeader) {
            reason = why;
        }
        role = next;
        term = nextTerm;
        leader = nextLeader;
    }

    String reason() {
        return reason;
    }

    HardState hardState() {
        return new HardState(term, votedFor);
    }
}
