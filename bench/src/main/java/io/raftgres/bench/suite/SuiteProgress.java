package io.raftgres.bench.suite;

import java.io.PrintStream;
import java.util.Locale;

/** Prints the progress, and an estimate of the remaining time. */
public final class SuiteProgress {
    private final PrintStream out;
    private final int steps;
    private final double secondsPlanned;
    private final long began = System.nanoTime();
    private double secondsOfDone;
    private double secondsOfCurrent;
    private int step;

    /** @param secondsPlanned estimate for all steps together */
    public SuiteProgress(PrintStream out, int steps, double secondsPlanned) {
        this.out = out;
        this.steps = steps;
        this.secondsPlanned = secondsPlanned;
    }

    /** @param seconds estimate for this step */
    public void step(String what, double seconds) {
        step++;
        secondsOfDone += secondsOfCurrent;
        secondsOfCurrent = seconds;
        long left = Math.round(Math.max(secondsPlanned - secondsOfDone, seconds));
        long spent = (System.nanoTime() - began) / 1_000_000_000L;
        out.printf(
                Locale.ROOT,
                "[%2d/%d] %d:%02d, about %d:%02d left: %s%n",
                step,
                steps,
                spent / 60,
                spent % 60,
                left / 60,
                left % 60,
                what);
    }

    /** Prints the finding of a step. */
    public void result(String text) {
        out.println("        " + text);
    }
}
