package io.raftgres.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Counts the events of one run or of many. */
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
    /** Number of members that lost their state, and of those that lost their log. */
    long statesLost;

    long logsLost;
    long undecided;
    /** Longest time from the end of the faults until all members agreed. */
    long recoveryUs;

    private final long[] reached = new long[Reached.values().length];

    void reached(Reached state) {
        reached[state.ordinal()]++;
    }

    /** @return the states that no run reached */
    List<Reached> missed() {
        List<Reached> missed = new ArrayList<>();
        for (Reached state : Reached.values()) {
            if (reached[state.ordinal()] == 0) {
                missed.add(state);
            }
        }
        return missed;
    }

    /** @return a line for each state with its count */
    String states() {
        StringBuilder text = new StringBuilder();
        for (Reached state : Reached.values()) {
            text.append(String.format(
                    "%n%,12d  %s",
                    reached[state.ordinal()],
                    state.name().toLowerCase(Locale.ROOT).replace('_', ' ')));
        }
        return text.toString();
    }

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
        for (int i = 0; i < reached.length; i++) {
            reached[i] += other.reached[i];
        }
    }

    @Override
    public String toString() {
        return String.format(
                "%,d seeds, %,d steps, %,d leaders elected, %,d crashes, %,d membership changes, "
                        + "%,d snapshots installed, %,d states and %,d logs lost, "
                        + "%,d writes acknowledged, %,d reads answered, slowest recovery %d ms, %d histories undecided",
                seeds,
                steps,
                leaders,
                crashes,
                membershipChanges,
                snapshots,
                statesLost,
                logsLost,
                acknowledged,
                reads,
                recoveryUs / 1000,
                undecided);
    }
}
