package io.raftgres.sim;

import io.raftgres.raft.RaftConfig;
import io.raftgres.sim.Randomness.Concern;

/**
 * What kind of trouble a seed gets. Times are in microseconds of simulated time.
 *
 * @param members voters at the start
 * @param learner whether one more member is a learner from the start
 * @param faultEveryUs mean time between two faults; 0: none
 * @param fsyncUs ordinary time of a sync
 * @param latencyUs ordinary time of a message
 * @param fifo messages between two nodes keep their order
 * @param thinkUs mean time between a client's operations
 * @param readShare share of reads among the operations
 * @param trims logs are cut
 * @param logEntries a log with more entries than this is cut though a member may still need them
 */
record Scenario(
        Profile profile,
        int members,
        boolean learner,
        long faultEveryUs,
        long fsyncUs,
        long latencyUs,
        double loss,
        double duplication,
        boolean fifo,
        int clients,
        long thinkUs,
        double readShare,
        boolean trims,
        long logEntries,
        int electionTicks,
        int maxAppendBytes,
        long maxCachedBytes) {

    static final long MS = 1000;
    static final long SECOND = 1_000_000;
    static final long TICK_US = 10 * MS;
    static final long END_US = 60 * SECOND;
    /** When the faults end. */
    static final long HEAL_US = 50 * SECOND;
    /** How long a healed cluster may take to have a leader, commit a write and agree. */
    static final long HEALED_WITHIN_US = 8 * SECOND;
    static final int KEYS = 3;
    /** Entries that a learner may be behind when it is promoted. */
    static final long PROMOTION_LAG = 20;

    enum Profile { CALM, PARTITIONS, CRASHES, SLOW_DISKS, READS, MEMBERSHIP, SNAPSHOTS, CHURN }

    static Scenario of(long seed) {
        Randomness random = new Randomness(seed, Concern.SCENARIO);
        // Twice as much churn as of the rest: it breaks rules that nothing else breaks.
        Profile profile = Profile.values()[Math.min(random.below(9), Profile.CHURN.ordinal())];
        int members = random.chance(0.04) ? 1 : random.chance(0.6) ? 3 : 5;
        if (profile == Profile.CHURN || profile == Profile.READS) {
            members = random.chance(0.5) ? 3 : 5;
        }
        boolean calm = profile == Profile.CALM;
        boolean churn = profile == Profile.CHURN;
        int electionTicks = random.chance(0.5) ? 30 : (int) random.between(11, 25);
        return new Scenario(
                profile,
                members,
                random.chance(0.2),
                calm ? random.between(5, 15) * SECOND : random.between(churn ? 250 : 400, churn ? 600 : 2000) * MS,
                profile == Profile.SLOW_DISKS || churn && random.chance(0.5)
                        ? random.between(5, 40) * MS : random.between(100, 2000),
                random.chance(0.3) ? random.between(2, 20) * MS : random.between(50, 1000),
                random.chance(0.5) ? 0 : random.unit() * 0.05,
                random.chance(0.5) ? 0 : random.unit() * 0.05,
                random.chance(0.5),
                (int) random.between(profile == Profile.READS ? 6 : 3, 8),
                churn || profile == Profile.READS ? random.between(30, 150) * MS : random.between(100, 400) * MS,
                profile == Profile.READS ? 0.7 : 0.35,
                profile == Profile.SNAPSHOTS || random.chance(0.7),
                random.chance(profile == Profile.SNAPSHOTS ? 0.9 : 0.4) ? random.between(5, 100) : Long.MAX_VALUE,
                electionTicks,
                random.chance(churn ? 0.2 : 0.5) ? 256 << 10 : (int) random.between(40, churn ? 120 : 400),
                random.chance(0.7) ? 64 << 20 : random.between(100, 2000));
    }

    RaftConfig config(long self) {
        RaftConfig standard = RaftConfig.standard(self);
        return new RaftConfig(self, electionTicks >= 22 ? 5 : 3, electionTicks, maxAppendBytes,
                maxAppendBytes < 1000 ? 4 : standard.maxInflightAppends(), standard.maxInflightBytes(),
                standard.maxUncommittedBytes(), standard.maxUnappliedBytes(), maxCachedBytes,
                PROMOTION_LAG);
    }

    @Override
    public String toString() {
        return profile + ", " + members + " voters" + (learner ? " and a learner" : "") + ", election "
                + electionTicks + " ticks, sync " + fsyncUs + " us, message " + latencyUs + " us, loss "
                + Math.round(loss * 1000) / 10.0 + " %, " + clients + " clients";
    }
}
