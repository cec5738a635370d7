package io.raftgres.bench.etcd;

import java.util.Map;

/**
 * What {@code benchmark} says of one kind of request.
 *
 * @param count requests that were answered well
 * @param perSecond of those, from the first request to the last response
 * @param percentiles latency in nanoseconds by percentile, such as 99.9; only the printed ones
 * @param errors how often each text of an error came
 */
record Summary(long count, double perSecond, Map<Double, Double> percentiles, Map<String, Long> errors) {

    Summary {
        percentiles = Map.copyOf(percentiles);
        errors = Map.copyOf(errors);
    }

    /**
     * @return nanoseconds; NaN when there were too few responses for it. A percentile of 0 is not printed, as that of
     *     events which come before the response to the request that caused them: one below those that are printed is 0
     */
    double latency(double percentile) {
        Double printed = percentiles.get(percentile);
        if (printed != null) {
            return printed;
        }
        return percentiles.keySet().stream().anyMatch(other -> other > percentile) ? 0 : Double.NaN;
    }
}
