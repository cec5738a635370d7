package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.client.RaftgresClient;
import io.raftgres.client.RaftgresException;
import io.raftgres.client.Watch;
import io.raftgres.client.WatchEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A watch that survives the kills of its nodes: it receives every change once and in order, while leaders are killed.
 */
class WatchIT {

    private static final int KILLS = 3;

    @TempDir
    Path directory;

    private final TreeMap<Long, String> acknowledged = new TreeMap<>();
    private final List<WatchEvent> seen = new ArrayList<>();

    @Test
    void noChangeIsLostDoubledOrOutOfOrder() throws Exception {
        try (Cluster cluster = Cluster.start(directory);
                RaftgresClient client =
                        RaftgresClient.builder().endpoints(cluster.urls()).build();
                Watch watch = client.watch("watched/".getBytes(StandardCharsets.UTF_8))) {
            watch.createdRevision();
            AtomicBoolean over = new AtomicBoolean();
            Thread writer = Thread.ofVirtual().start(() -> write(client, over));
            for (int i = 0; i < KILLS; i++) {
                int leader = cluster.leader();
                cluster.kill(leader);
                int before = written();
                Cluster.await(
                        "writes without node" + leader,
                        Duration.ofSeconds(30),
                        () -> written() > before + 50 ? true : null);
                cluster.startNode(leader);
            }
            over.set(true);
            writer.join();
            long last = acknowledged.lastKey();
            long revision = 0;
            while (revision < last) {
                WatchEvent event = watch.next(Duration.ofSeconds(30));
                long reached = revision;
                assertNotNull(event, () -> "nothing came for 30 s after revision " + reached + " of " + last);
                seen.add(event);
                revision = event.revision();
            }
            check();
            System.out.println("the watch saw " + seen.size() + " changes over " + KILLS + " leader kills");
        }
    }

    private void write(RaftgresClient client, AtomicBoolean over) {
        for (int i = 0; !over.get(); i++) {
            try {
                String key = "watched/" + i % 10;
                // All keys are put some times, then deleted.
                boolean delete = i % 50 >= 40;
                long revision = delete
                        ? client.delete(key).revision()
                        : client.put(key, "" + i).revision();
                synchronized (acknowledged) {
                    acknowledged.put(revision, delete ? key + " deleted" : key);
                }
            } catch (RaftgresException e) {
                System.out.println("a write failed: " + e.getMessage());
            }
        }
    }

    private int written() {
        synchronized (acknowledged) {
            return acknowledged.size();
        }
    }

    private void check() {
        long before = 0;
        TreeMap<Long, String> watched = new TreeMap<>();
        for (WatchEvent event : seen) {
            long revision = event.revision();
            assertTrue(revision > before, () -> event + " after an event of the same revision or a later one");
            before = revision;
            String key = new String(event.key(), StandardCharsets.UTF_8);
            watched.put(revision, event instanceof WatchEvent.Delete ? key + " deleted" : key);
        }
        acknowledged.forEach((revision, key) -> assertEquals(key, watched.get(revision), "revision " + revision));
    }
}
