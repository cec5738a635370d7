package io.raftgres.e2e.load;

import java.util.List;

/**
 * Figures of a load so far.
 *
 * @param writes acknowledged writes since its beginning
 * @param longestGapMillis the longest time without an acknowledged write since the last mark, until now
 * @param failures requests since its beginning that failed although the client retried them for five seconds
 * @param lastFailures the last of these failures
 */
public record Account(long writes, long longestGapMillis, int failures, List<String> lastFailures) {

    static Account of(Load load, int maxFailures) {
        List<String> failures = load.failures();
        int from = Math.max(0, failures.size() - maxFailures);
        return new Account(
                load.writes(), load.longestGapMillis(), failures.size(), failures.subList(from, failures.size()));
    }
}
