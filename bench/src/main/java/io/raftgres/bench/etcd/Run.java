package io.raftgres.bench.etcd;

import java.util.Map;

/**
 * One run of {@code benchmark}.
 *
 * @param summaries by title, see {@link BenchmarkOutput}
 * @param failure why its figures do not count, in a few words; null when they do
 * @param endless it did not end by itself: to call it again would take as long
 */
record Run(Map<String, Summary> summaries, String failure, boolean endless) {

    boolean failed() {
        return failure != null;
    }
}
