package io.raftgres.sim;

import io.raftgres.raft.RaftConfig;
import io.raftgres.sim.Randomness.Concern;

/**
 * The properties of a seed's world. Each property is drawn independently, so that every combination occurs in some seed
 * (Groce and others, "Swarm testing", 2012). {@link Faults} draws the kinds of faults in the same way. Times are in
 * microseconds of simulated time.
 *
 * @param members voters at the start
 * @param learner whether one more member is a learner from the start
 * @param faultEveryUs mean time between two faults
 * @param fsyncUs ordinary time of a sync
 * @param latencyUs ordinary time of a message
 * @param fifo messages between two nodes keep their order
 * @param keeps messages sent over an interrupted connection arrive afterwards, as with TCP
 * @param lateness probability that a message is late by up to {@link #LATEST_US}
 * @param thinkUs mean time between a client's operations
 * @param readShare share of reads among the operations
 * @param commandBytes upper bound of a command's size; 0: commands are small
 * @param trims logs are cut
 * @param logEntries a log with more entries than this is cut even if a member may still need them
 * @param tightBytes byte bounds are a few commands, so that all of them take effect
 * @param harassment probability of a fault right after an election
 * @param voterCrashes probability of a crash while a vote is in flight
 * @param restlessness probability that a new leader is asked to change the membership at once
 * @param lateStarts the first members start at different times
 */
record Scenario(
        int members,
        boolean learner,
        long faultEveryUs,
        long fsyncUs,
        long latencyUs,
        double loss,
        double duplication,
        boolean fifo,
        boolean keeps,
        double lateness,
        int clients,
        long thinkUs,
        double readShare,
        int commandBytes,
        boolean trims,
        long logEntries,
        int electionTicks,
        int maxAppendBytes,
        long maxCachedBytes,
        boolean tightBytes,
        double harassment,
        double voterCrashes,
        double restlessness,
        boolean lateStarts) {

    static final long MS = 1000;
    static final long SECOND = 1_000_000;
    static final long TICK_US = 10 * MS;
    static final long END_US = 32 * SECOND;
    /** Time at which the faults end. */
    static final long HEAL_US = 24 * SECOND;
    /** Time within which a healed cluster must have a leader, commit a write and agree. */
    static final long HEALED_WITHIN_US = 7 * SECOND;
    /** No message is later than this, except those that a cut holds back. */
    static final long LATEST_US = 3 * SECOND;

    static final int KEYS = 3;
    /** Number of entries that a learner may lack when it is promoted. */
    static final long PROMOTION_LAG = 20;

    static Scenario of(long seed) {
        Randomness random = new Randomness(seed, Concern.SCENARIO);
        boolean eager = random.chance(0.4);
        boolean large = random.chance(0.3);
        int electionTicks = random.chance(0.5) ? 30 : (int) random.between(11, 25);
        return new Scenario(
                random.chance(0.03)
                        ? 1
                        : random.chance(0.05) ? 2 : random.chance(0.55) ? 3 : random.chance(0.2) ? 4 : 5,
                random.chance(0.2),
                random.chance(0.1) ? random.between(3, 10) * SECOND : random.between(200, eager ? 600 : 1600) * MS,
                random.chance(eager ? 0.4 : 0.2) ? random.between(5, 40) * MS : random.between(100, 2000),
                random.chance(0.3) ? random.between(2, 20) * MS : random.between(50, 1000),
                random.chance(0.5) ? 0 : random.unit() * 0.05,
                random.chance(0.5) ? 0 : random.unit() * 0.05,
                random.chance(0.5),
                random.chance(0.5),
                random.chance(0.6) ? 0 : random.unit() * 0.02,
                (int) random.between(3, 8),
                eager ? random.between(30, 150) * MS : random.between(100, 400) * MS,
                random.chance(0.3) ? 0.7 : 0.35,
                large ? (int) random.between(50, 4000) : 0,
                random.chance(0.75),
                random.chance(0.5) ? random.between(5, 100) : Long.MAX_VALUE,
                electionTicks,
                random.chance(eager ? 0.2 : 0.5) ? 256 << 10 : (int) random.between(40, eager ? 120 : 400),
                random.chance(0.6) ? 64 << 20 : random.between(100, 2000),
                large && random.chance(0.8),
                random.chance(eager ? 0.3 : 0.6) ? 0 : 0.2 + 0.5 * random.unit(),
                random.chance(0.6) ? 0 : 0.4 * random.unit(),
                random.chance(0.6) ? 0 : 0.6 * random.unit(),
                random.chance(0.3));
    }

    RaftConfig config(long self) {
        RaftConfig standard = RaftConfig.standard(self);
        return new RaftConfig(
                self,
                electionTicks >= 22 ? 5 : 3,
                electionTicks,
                maxAppendBytes,
                maxAppendBytes < 1000 ? 4 : standard.maxInflightAppends(),
                tightBytes ? 2L * commandBytes : standard.maxInflightBytes(),
                tightBytes ? 3L * commandBytes : standard.maxUncommittedBytes(),
                tightBytes ? 2L * commandBytes : standard.maxUnappliedBytes(),
                maxCachedBytes,
                PROMOTION_LAG);
    }

    /** @return a time that is short compared with an election timeout */
    long promptUs() {
        return electionTicks * TICK_US / 25;
    }

    @Override
    public String toString() {
        return members + " voters" + (learner ? " and a learner" : "") + ", a fault every " + faultEveryUs / MS
                + " ms, election " + electionTicks + " ticks, sync " + fsyncUs + " us, message " + latencyUs
                + " us, loss " + Math.round(loss * 1000) / 10.0 + " %, " + clients + " clients, commands of up to "
                + commandBytes + " bytes";
    }
}
