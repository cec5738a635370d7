package io.raftgres.bench.load;

import static io.raftgres.bench.load.ScriptedServer.ascii;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.bench.load.KvWorkload.Mix;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** The generator counts failures of the servers, continues after them, and includes all waiting in its figures. */
class LoadGeneratorTest {

    private static final Duration SHORT = Duration.ofMillis(300);

    @Test
    void requestsAreWholeAndKeysAllCome() throws IOException {
        Set<String> keys = ConcurrentHashMap.newKeySet();
        try (ScriptedServer server = new ScriptedServer((number, request, out) -> {
            assertTrue(request.line().matches("PUT /v1/kv/[0-9a-f]{8} HTTP/1.1"), request.line());
            if (request.body().length == 256) {
                keys.add(request.line());
            }
            ScriptedServer.ok(out);
            return true;
        })) {
            LoadResult result = new LoadGenerator(
                            LoadPlan.count(List.of(server.endpoint()), 7, 500), KvWorkload.fill(500, 256, 1))
                    .run();
            assertEquals(Map.of("200", 500L), result.outcomes());
            assertEquals(500, result.good());
            assertEquals(500, keys.size(), "every key once");
            assertEquals(7, server.connections(), "connections are kept");
        }
    }

    @Test
    void chunkedResponsesInSmallPiecesAreParsed() throws IOException {
        String response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        try (ScriptedServer server = new ScriptedServer((number, request, out) -> {
            for (byte b : ascii(response)) {
                out.write(b);
                out.flush();
            }
            return true;
        })) {
            assertEquals(Map.of("200", 50L), count(server, 2, 50).outcomes());
            assertEquals(2, server.connections());
        }
    }

    @Test
    void closedConnectionsAreMadeAgain() throws IOException {
        try (ScriptedServer server = new ScriptedServer((number, request, out) -> {
            out.write(ascii("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
            return false;
        })) {
            assertEquals(Map.of("200", 20L), count(server, 1, 20).outcomes());
            assertTrue(server.connections() >= 20);
        }
    }

    @Test
    void failuresAreCountedByKindAndSurvived() throws IOException {
        try (ScriptedServer server = new ScriptedServer((number, request, out) -> {
            switch (number % 5) {
                case 0 -> ScriptedServer.ok(out);
                case 1 -> out.write(ascii("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"));
                case 2 -> out.write(ascii("220 mail.example.org ESMTP\r\n"));
                case 3 -> {
                    out.write(ascii("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"));
                    return false;
                }
                default -> out.write(ascii("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
            }
            return true;
        })) {
            LoadResult result = count(server, 1, 50);
            assertEquals(
                    Map.of("200", 10L, "503", 10L, "404", 10L, "garbage", 10L, "disconnected", 10L), result.outcomes());
            assertEquals(30, result.failed());
            assertEquals(20, result.good());
        }
    }

    @Test
    void silentRequestTimesOutAndTheClientContinues() throws IOException {
        CountDownLatch never = new CountDownLatch(1);
        try (ScriptedServer server = new ScriptedServer((number, request, out) -> {
            if (number == 2) {
                never.await();
            }
            ScriptedServer.ok(out);
            return true;
        })) {
            LoadPlan plan = new LoadPlan(
                    List.of(server.endpoint()), 1, 0, Duration.ZERO, Duration.ofSeconds(30), 4, Duration.ofSeconds(2));
            assertEquals(
                    Map.of("200", 3L, "timeout", 1L),
                    new LoadGenerator(plan, gets()).run().outcomes());
        }
    }

    @Test
    void clientsOfADeadEndpointGoToTheNext() throws IOException {
        Endpoint dead;
        try (ScriptedServer closing = new ScriptedServer((number, request, out) -> true)) {
            dead = closing.endpoint();
        }
        try (ScriptedServer server = new ScriptedServer((number, request, out) -> {
            ScriptedServer.ok(out);
            return true;
        })) {
            LoadPlan plan = LoadPlan.count(List.of(dead, server.endpoint()), 4, 100);
            LoadResult result = new LoadGenerator(plan, gets()).run();
            assertEquals(Map.of("200", 100L), result.outcomes());
            assertTrue(result.connectFailures() >= 2, "two clients began at the dead one");
            assertEquals(4, server.connections());
        }
    }

    @Test
    void stopEndsALongLoadAfterTheRequestsInFlight() throws Exception {
        try (TrivialServer server = new TrivialServer()) {
            LoadPlan plan = LoadPlan.closed(List.of(server.endpoint()), 5, Duration.ZERO, Duration.ofMinutes(10));
            LoadGenerator generator = new LoadGenerator(plan, gets());
            FutureTask<LoadResult> task = new FutureTask<>(generator::run);
            Thread.ofPlatform().start(task);
            while (generator.ended() < 100) {
                Thread.onSpinWait();
            }
            generator.stop();
            LoadResult result = task.get();
            assertEquals(0, result.failed());
            assertEquals(result.good() / result.seconds(), result.throughput());
            assertTrue(result.seconds() < 300);
        }
    }

    /**
     * A server that stops for 400 ms once. In the closed loop one request waits, which hides the delay of the others.
     * The open loop counts the wait of every request that was due meanwhile.
     */
    @Test
    void openLoopCountsTheWaitingThatAClosedLoopLeavesOut() throws IOException {
        try (TrivialServer server = new TrivialServer()) {
            LoadPlan closed = LoadPlan.closed(List.of(server.endpoint()), 1, Duration.ZERO, Duration.ofSeconds(2));
            server.stall(1_000, 400);
            Histogram hidden = new LoadGenerator(closed, gets()).run().latency();
            assertTrue(hidden.getMaxValue() > 300_000_000L, "the one request in flight waited");
            long slowClosed = countAbove(hidden, 100_000_000L);

            LoadPlan open = LoadPlan.open(List.of(server.endpoint()), 1, 500, Duration.ZERO, Duration.ofSeconds(2));
            server.stall(1_000, 400);
            LoadResult result = new LoadGenerator(open, gets()).run();
            assertEquals(1000, result.good(), "all that were due were sent, if late");
            long slowOpen = countAbove(result.latency(), 100_000_000L);
            // In the 400 ms 200 requests were due. Those of the first 300 ms, 150, waited 100 ms or more. The test
            // allows a margin for rounding.
            assertTrue(slowOpen >= 140, "only " + slowOpen + " of about 150 were slow");
            assertTrue(slowOpen > 10 * slowClosed, slowOpen + " against " + slowClosed);
            long slowOnceSent = countAbove(result.service(), 100_000_000L);
            assertTrue(slowOnceSent < slowOpen / 5, "from sending, the wait is hidden here too: " + slowOnceSent);
        }
    }

    @Test
    void unsentRequestsOfAnOpenLoopCountAsFailedAndSlow() throws IOException {
        CountDownLatch never = new CountDownLatch(1);
        try (ScriptedServer server = new ScriptedServer((number, request, out) -> {
            never.await();
            return false;
        })) {
            LoadPlan plan = new LoadPlan(
                    List.of(server.endpoint()),
                    2,
                    100,
                    Duration.ZERO,
                    Duration.ofMillis(500),
                    0,
                    Duration.ofMillis(400));
            LoadResult result = new LoadGenerator(plan, gets()).run();
            assertEquals(0, result.good());
            assertEquals(50, result.failed(), "all that were due: " + result.outcomes());
            assertTrue(result.outcomes().get("unsent") > 20, result.outcomes().toString());
            assertEquals(50, result.latency().getTotalCount());
            assertTrue(result.latency().getMaxValue() >= 390_000_000L);
        }
    }

    @Test
    void openLoopKeepsItsRate() throws IOException {
        try (TrivialServer server = new TrivialServer()) {
            LoadPlan plan = LoadPlan.open(List.of(server.endpoint()), 20, 2000, SHORT, Duration.ofSeconds(1));
            LoadResult result = new LoadGenerator(plan, new KvWorkload(Mix.HALF, 100, 256, 3)).run();
            assertEquals(2000, result.good() + result.failed(), 1);
            assertEquals(1000, result.kind("get").good(), 150);
            assertEquals(
                    result.good(),
                    result.kind("get").good() + result.kind("put").good());
        }
    }

    private static long countAbove(Histogram histogram, long nanos) {
        return histogram.getTotalCount() - histogram.getCountBetweenValues(0, nanos);
    }

    private static KvWorkload gets() {
        return new KvWorkload(Mix.LINEARIZABLE_GETS, 100, 16, 1);
    }

    private static LoadResult count(ScriptedServer server, int clients, long requests) {
        return new LoadGenerator(LoadPlan.count(List.of(server.endpoint()), clients, requests), gets()).run();
    }
}
