package io.raftgres.bench.etcd;

import java.util.Map;

/**
 * One run of {@code benchmark}.
 *
 * @param summaries by title, see {@link BenchmarkOutput}
 * @param failure why its figures do not count, in a few words; null if they count
 * @param endless whether it did not end by itself: another call would take as long
 */
record Run(Map<String, Summary> summaries, String failure, boolean endless) {

    boolean failed() {
        return failure != null;
    }
}
