package io.raftgres.e2e.load;

import java.util.List;

/**
 * What a load has done so far.
 *
 * @param writes acknowledged ones since its beginning
 * @param longestGapMillis the longest time without an acknowledged write since the last mark, until now
 * @param failures requests since its beginning that no retry could save, within their five seconds
 * @param lastFailures the last of them
 */
public record Account(long writes, long longestGapMillis, int failures, List<String> lastFailures) {

    static Account of(Load load, int maxFailures) {
        List<String> failures = load.failures();
        int from = Math.max(0, failures.size() - maxFailures);
        return new Account(
                load.writes(), load.longestGapMillis(), failures.size(), failures.subList(from, failures.size()));
    }
}
