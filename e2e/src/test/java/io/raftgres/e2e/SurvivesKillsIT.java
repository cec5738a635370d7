package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.client.Consistency;
import io.raftgres.client.GetResult;
import io.raftgres.client.PutResult;
import io.raftgres.client.RaftgresClient;
import io.raftgres.client.RaftgresException;
import io.raftgres.linearizability.Action;
import io.raftgres.linearizability.Checker;
import io.raftgres.linearizability.History;
import io.raftgres.linearizability.Result;
import io.raftgres.linearizability.Verdict;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * 100 clients write and read through all nodes while the leader is killed again and again, and PostgreSQL too. Every
 * node has all acknowledged writes afterwards, no read was stale, and no client waited for long.
 */
class SurvivesKillsIT {

    private static final int CLIENTS = 100;
    private static final int LEADER_KILLS = 5;
    private static final int SHARED_KEYS = 200;
    private static final Duration LOAD = Duration.ofSeconds(Integer.getInteger("e2e.load.seconds", 15));
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);
    /** Allowance for a client's timers, which run on the two processors that all processes of the test share. */
    private static final Duration LATE = Duration.ofSeconds(3);

    @TempDir
    Path directory;

    private final History history = new History();
    private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicLong longestNanos = new AtomicLong();
    private final AtomicLong notDone = new AtomicLong();
    private final AtomicLong unknown = new AtomicLong();
    private final AtomicLong answered = new AtomicLong();

    @Test
    void nothingAcknowledgedIsLostAndNoReadIsStale() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            List<Thread> clients = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                int number = client;
                clients.add(Thread.ofVirtual().name("client-" + client).start(() -> client(cluster, number)));
            }
            int kills = hurt(cluster);
            over.set(true);
            for (Thread client : clients) {
                assertTrue(client.join(Duration.ofSeconds(30)), client.getName() + " has not ended");
            }
            System.out.printf(
                    "%d answered, %d not done, %d of unknown outcome, %d keys acknowledged, %d leader kills,"
                            + " longest wait %d ms%n",
                    answered.get(),
                    notDone.get(),
                    unknown.get(),
                    acknowledged.size(),
                    kills,
                    TimeUnit.NANOSECONDS.toMillis(longestNanos.get()));
            assertTrue(kills >= LEADER_KILLS, "only " + kills + " kills");
            checkHistory();
            System.out.println("hash on all nodes: " + cluster.awaitEqualHashes());
            for (int node = 1; node <= Cluster.NODES; node++) {
                checkAcknowledged(cluster, node);
            }
            assertTrue(
                    longestNanos.get() <= LONGEST_WAIT.plus(LATE).toNanos(),
                    "a client waited " + TimeUnit.NANOSECONDS.toMillis(longestNanos.get()) + " ms");
        }
    }

    /**
     * Kills the leader and starts it again while the load lasts. The second and fourth time it also kills a PostgreSQL.
     */
    private int hurt(Cluster cluster) throws Exception {
        long end = System.nanoTime() + LOAD.toNanos();
        int kills = 0;
        Random random = new Random(1);
        while (System.nanoTime() < end || kills < LEADER_KILLS) {
            int leader = cluster.leader();
            long before = answered.get();
            cluster.kill(leader);
            kills++;
            Cluster.await(
                    "answers without node" + leader,
                    Duration.ofSeconds(30),
                    () -> answered.get() > before + CLIENTS ? true : null);
            if (kills == 2 || kills == 4) {
                cluster.killPostgres(1 + random.nextInt(Cluster.NODES));
            }
            cluster.startNode(leader);
            for (int node = 1; node <= Cluster.NODES; node++) {
                int each = node;
                Cluster.await(
                        "node" + node + " to be ready",
                        Duration.ofSeconds(60),
                        () -> cluster.isReady(each) ? true : null);
            }
        }
        return kills;
    }

    /** Puts its own keys, which must all be there afterwards, and uses shared keys, whose history is checked. */
    private void client(Cluster cluster, int number) {
        Random random = new Random(number);
        List<String> urls = new ArrayList<>(cluster.urls());
        Collections.rotate(urls, number);
        try (RaftgresClient client =
                RaftgresClient.builder().endpoints(urls).timeout(LONGEST_WAIT).build()) {
            for (int i = 0; !over.get(); i++) {
                long start = System.nanoTime();
                switch (random.nextInt(4)) {
                    case 0 -> putOwn(client, "own/" + number + "/" + i);
                    case 1 -> put(client, number, "shared/" + random.nextInt(SHARED_KEYS), number + "-" + i);
                    default -> get(client, number, "shared/" + random.nextInt(SHARED_KEYS));
                }
                longestNanos.accumulateAndGet(System.nanoTime() - start, Math::max);
            }
        }
    }

    private void putOwn(RaftgresClient client, String key) {
        try {
            PutResult result = client.put(key, key);
            acknowledged.put(key, result.revision());
            answered.incrementAndGet();
        } catch (RaftgresException.NotDone e) {
            notDone.incrementAndGet();
        } catch (RaftgresException.OutcomeUnknown e) {
            unknown.incrementAndGet();
        }
    }

    private void put(RaftgresClient client, int number, String key, String value) {
        History.Pending pending = history.invoke(number, key, new Action.Put(value));
        try {
            PutResult result = client.put(key, value);
            pending.complete(new Result.Written(result.revision()));
            answered.incrementAndGet();
        } catch (RaftgresException.NotDone e) {
            pending.complete(new Result.Failed());
            notDone.incrementAndGet();
        } catch (RaftgresException.OutcomeUnknown e) {
            unknown.incrementAndGet();
        }
    }

    private void get(RaftgresClient client, int number, String key) {
        History.Pending pending = history.invoke(number, key, new Action.Get());
        try {
            GetResult result = client.get(key);
            pending.complete(
                    result.found()
                            ? new Result.Found(
                                    new String(result.value(), StandardCharsets.UTF_8),
                                    result.row().modRevision())
                            : new Result.Absent());
            answered.incrementAndGet();
        } catch (RaftgresException.NotDone e) {
            pending.complete(new Result.Failed());
            notDone.incrementAndGet();
        }
    }

    private void checkHistory() {
        Verdict verdict = new Checker().check(history);
        System.out.println(verdict);
        assertTrue(verdict.ok(), verdict::toString);
    }

    private record Row(String value, long revision) {}

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private void checkAcknowledged(Cluster cluster, int node) throws Exception {
        Map<String, Row> rows = new HashMap<>();
        try (Connection sql = cluster.sql(node);
                Statement statement = sql.createStatement();
                ResultSet row = statement.executeQuery("SELECT key, value, mod_revision FROM raftgres.kv")) {
            while (row.next()) {
                rows.put(text(row.getBytes(1)), new Row(text(row.getBytes(2)), row.getLong(3)));
            }
        }
        try (RaftgresClient client =
                RaftgresClient.builder().endpoint(cluster.url(node)).build()) {
            for (Map.Entry<String, Long> each : acknowledged.entrySet()) {
                GetResult local = client.get(each.getKey().getBytes(StandardCharsets.UTF_8), Consistency.LOCAL);
                assertEquals(each.getValue(), local.found() ? local.row().modRevision() : 0, each.getKey());
                assertEquals(
                        new Row(each.getKey(), each.getValue()),
                        rows.get(each.getKey()),
                        () -> each.getKey() + " in the PostgreSQL of node" + node);
            }
        }
        System.out.println("node" + node + " has all " + acknowledged.size() + " acknowledged keys, by REST and SQL");
    }
}
