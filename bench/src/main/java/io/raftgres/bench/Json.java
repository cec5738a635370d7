package io.raftgres.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.raftgres.bench.load.LoadPlan;
import io.raftgres.bench.load.LoadResult;
import java.io.UncheckedIOException;
import org.HdrHistogram.Histogram;

/** Writes results as JSON. Latencies are in milliseconds. */
public final class Json {
    public static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    public static ObjectNode of(LoadPlan plan, LoadResult result) {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("clients", plan.clients());
        json.put("rate", plan.rate());
        json.put("openLoop", plan.isOpen());
        json.put("seconds", result.seconds());
        json.put("throughput", result.throughput());
        json.put("good", result.good());
        json.put("failed", result.failed());
        json.put("connectFailures", result.connectFailures());
        if (!Double.isNaN(result.cpuSeconds())) {
            json.put("generatorCores", result.cpuSeconds() / result.wallSeconds());
        }
        ObjectNode outcomes = json.putObject("outcomes");
        result.outcomes().forEach(outcomes::put);
        json.set("latencyMillis", latency(result.latency()));
        ObjectNode kinds = json.putObject("kinds");
        for (LoadResult.Kind kind : result.kinds()) {
            ObjectNode one = kinds.putObject(kind.name());
            one.put("good", kind.good());
            one.set("latencyMillis", latency(kind.latency()));
            one.set("serviceMillis", latency(kind.service()));
        }
        return json;
    }

    /** @param nanos histogram of nanoseconds */
    public static ObjectNode latency(Histogram nanos) {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("count", nanos.getTotalCount());
        json.put("min", nanos.getTotalCount() == 0 ? 0 : nanos.getMinValue() / 1e6);
        json.put("mean", nanos.getMean() / 1e6);
        for (double percentile : new double[] {50, 90, 95, 99, 99.9, 99.99}) {
            json.put("p" + Format.percentile(percentile), nanos.getValueAtPercentile(percentile) / 1e6);
        }
        json.put("max", nanos.getMaxValue() / 1e6);
        return json;
    }

    public static String pretty(ObjectNode json) {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(json);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
