package io.raftgres.e2e;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Waits for a condition, never for a fixed time. */
public final class Await {

    /** Describes the current state of the thing that the test waits for. */
    @FunctionalInterface
    public interface Said {
        String now() throws Exception;
    }

    private Await() {}

    /** @throws AssertionError when the condition does not hold in time */
    public static void until(String what, Duration most, Callable<Boolean> condition) throws Exception {
        until(what, most, 20, () -> "", e -> false, () -> condition.call() ? true : null);
    }

    /**
     * @param said describes the state in the failure's message; may return an empty text
     * @param notYet exceptions of the probe that mean: not yet. Others are thrown
     * @param probe returns null for: not yet
     */
    public static <T> T until(
            String what, Duration most, long pollMillis, Said said, Predicate<Exception> notYet, Callable<T> probe)
            throws Exception {
        long deadline = System.nanoTime() + most.toNanos();
        Exception last = null;
        while (System.nanoTime() < deadline) {
            try {
                T found = probe.call();
                if (found != null) {
                    return found;
                }
            } catch (Exception e) {
                if (!notYet.test(e)) {
                    throw e;
                }
                last = e;
            }
            TimeUnit.MILLISECONDS.sleep(pollMillis);
        }
        String state = said.now();
        throw new AssertionError(
                "waited " + most.toSeconds() + " s for " + what + (state.isEmpty() ? "" : "\n" + state), last);
    }
}
