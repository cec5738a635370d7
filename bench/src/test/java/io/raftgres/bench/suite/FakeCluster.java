package io.raftgres.bench.suite;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Three nodes in one JVM that speak the REST contract, with one map for all: the suite can be tested without a cluster.
 * A fourth server takes the launcher's commands from {@link FakeLauncher}. A test can make it misbehave.
 */
final class FakeCluster implements AutoCloseable {

    static final long ELECTION_MILLIS = 200;

    static {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("sun.net.httpserver.maxIdleConnections", "4000");
    }

    private final HttpServer[] nodes = new HttpServer[3];
    private final int[] ports = new int[3];
    private final HttpServer control;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final ConcurrentSkipListMap<String, byte[]> map = new ConcurrentSkipListMap<>();
    private final AtomicLong index = new AtomicLong(1);
    private volatile int leader;
    private volatile long term = 1;
    private volatile long leaderFromNanos = System.nanoTime();
    /** One in this number of writes is acknowledged and lost; 0: none. */
    volatile int losesEvery;
    /** One in this number of reads returns the previous value; 0: none. */
    volatile int staleEvery;

    private final ConcurrentSkipListMap<String, byte[]> before = new ConcurrentSkipListMap<>();
    private final AtomicLong reads = new AtomicLong();

    FakeCluster() throws IOException {
        for (int i = 0; i < 3; i++) {
            start(i);
        }
        control = server(0);
        control.createContext("/", exchange -> {
            List<String> words =
                    List.of(exchange.getRequestURI().getPath().substring(1).split("/"));
            if (words.getFirst().equals("node")) {
                int node = Integer.parseInt(words.get(2)) - 1;
                if (words.get(1).equals("kill")) {
                    kill(node);
                } else {
                    start(node);
                }
            }
            answer(exchange, 200, new byte[0]);
        });
        control.start();
    }

    private HttpServer server(int port) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 1024);
        server.setExecutor(threads);
        return server;
    }

    Launcher launcher(Path data) {
        return new Launcher(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xshare:auto",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FakeLauncher.class.getName(),
                        Integer.toString(control.getAddress().getPort())),
                data);
    }

    int port(int node) {
        return ports[node];
    }

    private synchronized void start(int node) throws IOException {
        HttpServer server = server(ports[node]);
        server.createContext("/v1/kv/", this::key);
        server.createContext("/v1/kv", exchange -> answer(exchange, 200, "[]".getBytes(StandardCharsets.US_ASCII)));
        server.createContext("/v1/cluster", exchange -> answer(exchange, 200, view(node)));
        server.createContext("/q/health", exchange -> answer(exchange, 200, "{}".getBytes(StandardCharsets.US_ASCII)));
        server.start();
        ports[node] = server.getAddress().getPort();
        nodes[node] = server;
    }

    private synchronized void kill(int node) {
        nodes[node].stop(0);
        nodes[node] = null;
        if (leader == node) {
            leaderFromNanos = System.nanoTime() + ELECTION_MILLIS * 1_000_000;
            leader = (node + 1) % 3;
            term++;
        }
    }

    private void key(HttpExchange exchange) throws IOException {
        String key = exchange.getRequestURI().getPath().substring("/v1/kv/".length());
        while (System.nanoTime() - leaderFromNanos < 0) {
            Thread.onSpinWait();
            Thread.yield();
        }
        if (exchange.getRequestMethod().equals("PUT")) {
            byte[] value = exchange.getRequestBody().readAllBytes();
            long at = index.incrementAndGet();
            if (losesEvery == 0 || at % losesEvery != 0) {
                byte[] old = map.put(key, value);
                if (old != null) {
                    before.put(key, old);
                }
            }
            answer(exchange, 200, new byte[0]);
            return;
        }
        boolean stale = staleEvery > 0 && reads.incrementAndGet() % staleEvery == 0 && before.containsKey(key);
        byte[] value = (stale ? before : map).get(key);
        answer(exchange, value == null ? 404 : 200, value == null ? new byte[0] : value);
    }

    private byte[] view(int self) {
        boolean elected = System.nanoTime() - leaderFromNanos >= 0;
        List<String> members = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            members.add(("{\"id\":\"000000000000000%d\",\"name\":\"node%d\",\"role\":\"%s\",\"voter\":true,"
                            + "\"clientAddress\":\"http://127.0.0.1:%d\",\"term\":%d,\"commitIndex\":%d,\"appliedIndex\":%d,"
                            + "\"hash\":\"%016x\",\"hashIndex\":%d,\"version\":\"fake\",\"ageMillis\":0}")
                    .formatted(
                            i + 1,
                            i + 1,
                            i == leader ? "leader" : "follower",
                            ports[i],
                            term,
                            index.get(),
                            index.get(),
                            map.size(),
                            index.get()));
        }
        String known = elected ? "{\"id\":\"x\",\"name\":\"node" + (leader + 1) + "\"}" : "null";
        return ("{\"clusterId\":\"c\",\"self\":\"000000000000000" + (self + 1) + "\",\"term\":" + term + ",\"leader\":"
                        + known
                        + ",\"members\":[" + String.join(",", members) + "]}")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    @Override
    public void close() {
        for (HttpServer node : nodes) {
            if (node != null) {
                node.stop(0);
            }
        }
        control.stop(0);
        threads.close();
    }
}
