package io.raftgres.bench.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BenchmarkOutputTest {

    @Test
    void aSummaryHasRateCountAndLatencies() throws Exception {
        Map<String, Summary> summaries = BenchmarkOutput.parse(Outputs.of("put.txt"));
        Summary put = summaries.get(BenchmarkOutput.UNTITLED);
        assertEquals(1, summaries.size());
        assertEquals(2000, put.count());
        assertEquals(1180.859, put.perSecond(), 0.001);
        assertEquals(791_030, put.latency(50), 1);
        assertEquals(2_210_469, put.latency(99), 1);
        assertEquals(4_690_990, put.latency(99.9), 100);
        assertTrue(put.errors().isEmpty());
    }

    @Test
    void readsAndWritesOfTransactionsAreApart() throws Exception {
        Map<String, Summary> summaries = BenchmarkOutput.parse(Outputs.of("txn-mixed.txt"));
        assertEquals(List.of("read", "write"), List.copyOf(summaries.keySet()));
        assertEquals(507, summaries.get("read").count());
        assertEquals(493, summaries.get("write").count());
        assertEquals(483.385, summaries.get("read").perSecond(), 0.001);
        assertEquals(77_099_062, summaries.get("write").latency(50), 1);
        assertTrue(Double.isNaN(summaries.get("read").latency(99.9)), "too few for it");
    }

    @Test
    void aPercentileThatIsZeroIsNotPrinted() throws Exception {
        Map<String, Summary> summaries = BenchmarkOutput.parse(Outputs.of("watch-latency.txt"));
        assertEquals(List.of("put", "watch"), List.copyOf(summaries.keySet()));
        assertEquals(600, summaries.get("put").count());
        Summary watch = summaries.get("watch");
        assertEquals(60_000, watch.count());
        assertEquals(0, watch.latency(25));
        assertEquals(57_526, watch.latency(50), 1);
        assertTrue(Double.isNaN(new Summary(0, 0, Map.of(), Map.of()).latency(50)), "nothing is no zero");
    }

    @Test
    void errorsAreCountedByTheirText() throws Exception {
        Summary failed = BenchmarkOutput.parse(Outputs.of("errors.txt")).get(BenchmarkOutput.UNTITLED);
        assertEquals(Map.of("etcdserver: request is too large", 3L), failed.errors());
        assertEquals(0, failed.count());
    }

    @Test
    void errorsAfterASummaryBelongToIt() throws Exception {
        String text = Outputs.of("put.txt") + "\nError distribution:\n  [7]\tetcdserver: too many requests\n"
                + "  [1]\tcontext: [2]\tand more\n";
        Summary put = BenchmarkOutput.parse(text).get(BenchmarkOutput.UNTITLED);
        assertEquals(2000, put.count());
        assertEquals(Map.of("etcdserver: too many requests", 7L, "context: [2]\tand more", 1L), put.errors());
    }

    @Test
    void otherOutputHasNoSummary() {
        assertTrue(BenchmarkOutput.parse("").isEmpty());
        assertTrue(BenchmarkOutput.parse("bench with linearizable range\n").isEmpty());
    }
}
