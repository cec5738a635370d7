package io.raftgres.sim;

/** What happened in one run, or in many. */
final class Counts {
    long seeds;
    long steps;
    long events;
    long leaders;
    long crashes;
    long acknowledged;
    long reads;
    long operations;
    long membershipChanges;
    long snapshots;
    /** Members that lost their state, and those that lost their log. */
    long statesLost;
    long logsLost;
    long undecided;
    /** Longest time from the end of the faults until all members agreed. */
    long recoveryUs;

    void add(Counts other) {
        seeds += other.seeds;
        steps += other.steps;
        events += other.events;
        leaders += other.leaders;
        crashes += other.crashes;
        acknowledged += other.acknowledged;
        reads += other.reads;
        operations += other.operations;
        membershipChanges += other.membershipChanges;
        snapshots += other.snapshots;
        statesLost += other.statesLost;
        logsLost += other.logsLost;
        undecided += other.undecided;
        recoveryUs = Math.max(recoveryUs, other.recoveryUs);
    }

    @Override
    public String toString() {
        return String.format("%,d seeds, %,d steps, %,d leaders elected, %,d crashes, %,d membership changes, "
                        + "%,d snapshots installed, %,d states and %,d logs lost, "
                        + "%,d writes acknowledged, %,d reads answered, slowest recovery %d ms, %d histories undecided",
                seeds, steps, leaders, crashes, membershipChanges, snapshots, statesLost, logsLost, acknowledged, reads,
                recoveryUs / 1000, undecided);
    }
}
