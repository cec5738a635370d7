package io.raftgres.sim;

import io.raftgres.raft.Rules;
import java.io.PrintStream;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** The command {@code raftgres simulate}: simulates seeds and reports the first violated invariant. */
public final class Main {
    private static final String HELP = """
            Simulates clusters of the Raft core under faults, 32 simulated seconds a seed, and checks every invariant.

            usage: raftgres simulate [--seeds N] [--seed S] [--threads T] [--trace]

              --seeds N    number of seeds to run, from S on (default 1000; 1 when --trace is given)
              --seed S     the first seed (default: random, and printed)
              --threads T  number of seeds run in parallel (default: the processors of this machine)
              --trace      print a line for each event; one seed at a time
              --help       print this text

            Exit code: 0 all invariants held, 1 an invariant was violated, 2 wrong arguments.
            """;

    private final PrintStream out;
    private long seeds = -1;
    private long firstSeed = ThreadLocalRandom.current().nextLong(1, 1_000_000_000);
    private int threads = Runtime.getRuntime().availableProcessors();
    private boolean trace;
    private boolean help;

    private Main(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) throws InterruptedException {
        System.exit(run(arguments, System.out));
    }

    /** @return the exit code */
    static int run(String[] arguments, PrintStream out) throws InterruptedException {
        Main main = new Main(out);
        try {
            main.parse(arguments);
        } catch (IllegalArgumentException e) {
            out.println(e.getMessage());
            out.println("Run 'raftgres simulate --help' to see all options.");
            return 2;
        }
        if (main.help) {
            out.print(HELP);
            return 0;
        }
        return main.trace ? main.traceSeeds() : main.runSeeds();
    }

    private void parse(String[] arguments) {
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--help", "-h" -> help = true;
                case "--trace" -> trace = true;
                case "--seeds" -> seeds = number(arguments, ++i, 1, Long.MAX_VALUE / 2);
                case "--seed" -> firstSeed = number(arguments, ++i, 0, Long.MAX_VALUE / 2);
                case "--threads" -> threads = (int) number(arguments, ++i, 1, 1024);
                default -> throw new IllegalArgumentException("unknown argument '" + arguments[i] + "'");
            }
        }
        if (seeds < 0) {
            seeds = trace ? 1 : 1000;
        }
    }

    private static long number(String[] arguments, int at, long least, long most) {
        String name = arguments[at - 1];
        if (at == arguments.length) {
            throw new IllegalArgumentException(name + " needs a number");
        }
        try {
            long value = Long.parseLong(arguments[at]);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // The error below covers this case.
        }
        throw new IllegalArgumentException(name + " needs a number from " + least + " on, not '" + arguments[at] + "'");
    }

    private int traceSeeds() {
        for (long seed = firstSeed; seed < firstSeed + seeds; seed++) {
            Campaign.Run run = Campaign.runSeed(seed, Rules.STANDARD, Set.of(), out::println);
            out.println("seed " + seed + " trace hash " + Long.toHexString(run.hash()) + ": " + run.counts());
            if (run.violation() != null) {
                report(seed, run.violation());
                return 1;
            }
        }
        return 0;
    }

    private int runSeeds() throws InterruptedException {
        out.println("simulating " + seeds + " seeds from " + firstSeed + " on, on " + threads + " threads");
        Campaign campaign = new Campaign(firstSeed, seeds, Rules.STANDARD, Set.of());
        long startedNs = System.nanoTime();
        Thread progress = Thread.ofVirtual().start(() -> progress(campaign, startedNs));
        Campaign.Failure failure;
        try {
            failure = campaign.run(threads);
        } finally {
            progress.interrupt();
            progress.join();
        }
        double seconds = (System.nanoTime() - startedNs) / 1e9;
        out.println(campaign.counts() + String.format(", %.1f s", seconds));
        out.println("states reached:" + campaign.counts().states());
        if (failure == null) {
            out.println("all invariants held");
            return 0;
        }
        report(failure.seed(), failure.violation());
        return 1;
    }

    private void progress(Campaign campaign, long startedNs) {
        try {
            while (true) {
                TimeUnit.SECONDS.sleep(1);
                double seconds = (System.nanoTime() - startedNs) / 1e9;
                out.printf(
                        "%d of %d seeds, %.0f a second, %,d steps%n",
                        campaign.finished(), seeds, campaign.finished() / seconds, campaign.counts().steps);
            }
        } catch (InterruptedException e) {
            // The campaign has ended.
        }
    }

    private void report(long seed, Violation violation) {
        out.println("seed " + seed + " violates " + violation.invariant() + ": " + violation.getMessage());
        if (violation.getCause() != null) {
            violation.getCause().printStackTrace(out);
        }
        out.println("replay it with: raftgres simulate --seed " + seed + " --trace");
    }
}
