package io.raftgres.bench.etcd;

import io.raftgres.bench.suite.SuitePlan;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How to compare.
 *
 * @param raftgres ports and launcher of a cluster of its own
 * @param directory for etcd's data and the program's output; on the same disk as the nodes' data
 * @param passes through all workloads that count, after one that does not
 * @param quick fewer requests, rough figures
 */
public record ComparisonPlan(Programs programs, SuitePlan raftgres, Path directory, int passes, boolean quick) {

    public static final int MOST_PASSES = 20;
    private static final double QUICK_SCALE = 0.4;

    public ComparisonPlan {
        if (passes < 1 || passes > MOST_PASSES || !raftgres.own()) {
            throw new IllegalArgumentException("want 1 to " + MOST_PASSES + " passes, and a cluster of its own");
        }
    }

    double scale() {
        return quick ? QUICK_SCALE : 1;
    }

    /** Time limit of one call of {@code benchmark}: at least ten times its usual time. */
    Duration timeout() {
        return quick ? Duration.ofSeconds(30) : Duration.ofSeconds(60);
    }
}
