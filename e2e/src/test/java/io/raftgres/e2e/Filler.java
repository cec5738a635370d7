package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.client.RaftgresClient;
import io.raftgres.client.Txn;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** Puts many keys quickly, in transactions of a hundred keys. */
final class Filler {

    private static final int IN_ONE = 100;
    private static final int CLIENTS = 16;

    private final List<String> urls;
    private final int keys;
    private final int valueBytes;
    private final AtomicInteger next = new AtomicInteger();

    Filler(List<String> urls, int keys, int valueBytes) {
        this.urls = urls;
        this.keys = keys;
        this.valueBytes = valueBytes;
    }

    void run() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            int number = i;
            threads.add(Thread.ofVirtual().start(() -> fill(number)));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertTrue(next.get() >= keys, "filling ended early at key " + next.get());
    }

    private void fill(int number) {
        Random random = new Random(number);
        List<String> turned = new ArrayList<>(urls);
        Collections.rotate(turned, number);
        try (RaftgresClient client = RaftgresClient.builder()
                .endpoints(turned)
                .timeout(Duration.ofSeconds(60))
                .build()) {
            for (int from = next.getAndAdd(IN_ONE); from < keys; from = next.getAndAdd(IN_ONE)) {
                Txn.Op[] puts = new Txn.Op[Math.min(IN_ONE, keys - from)];
                for (int i = 0; i < puts.length; i++) {
                    byte[] value = new byte[valueBytes];
                    random.nextBytes(value);
                    puts[i] = new Txn.Op.Put("fill/%08d".formatted(from + i).getBytes(StandardCharsets.UTF_8), value);
                }
                client.txn(Txn.of(puts));
            }
        }
    }
}
