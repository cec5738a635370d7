package io.raftgres.e2e.load;

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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that write and read all the time while a test does something to the cluster. They record the acknowledged
 * writes, the longest time without one, the failures, and the whole history of some keys.
 */
public final class Load implements AutoCloseable {

    private static final int SHARED_KEYS = 50;

    private static final Duration WRITES_WITHIN = Duration.ofSeconds(60);

    /** Number of latencies kept for quantiles. */
    private static final int SAMPLES = 1 << 20;

    private final History history = new History();
    private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicLong writes = new AtomicLong();
    private final AtomicLong lastAnswered = new AtomicLong(System.nanoTime());
    private final AtomicLong longestGap = new AtomicLong();
    private final long[] samples = new long[SAMPLES];
    private final AtomicLong sampled = new AtomicLong();
    private final List<Thread> clients = new ArrayList<>();
    private final String prefix;
    private final long pauseNanos;
    private final Duration timeout;

    /**
     * @param urls of all nodes that will ever exist; the clients skip nodes that are down
     * @param count of clients; each pauses for {@code pause} after each operation
     */
    public Load(List<String> urls, int count, Duration pause, Duration timeout) {
        this("", urls, count, pause, timeout);
    }

    /** @param prefix of all its keys; no load before may have used it, because a history begins with absent keys */
    public Load(String prefix, List<String> urls, int count, Duration pause, Duration timeout) {
        this.prefix = prefix;
        this.pauseNanos = pause.toNanos();
        this.timeout = timeout;
        for (int client = 0; client < count; client++) {
            int number = client;
            clients.add(Thread.ofVirtual().name("load-" + client).start(() -> run(urls, number)));
        }
    }

    private void run(List<String> urls, int number) {
        Random random = new Random(number);
        List<String> turned = new ArrayList<>(urls);
        Collections.rotate(turned, number);
        try (RaftgresClient client =
                RaftgresClient.builder().endpoints(turned).timeout(timeout).build()) {
            for (int i = 0; !over.get(); i++) {
                switch (random.nextInt(4)) {
                    case 0 -> putOwn(client, prefix + "own/" + number + "/" + i);
                    case 1 -> put(client, number, prefix + "shared/" + random.nextInt(SHARED_KEYS), number + "-" + i);
                    default -> get(client, number, prefix + "shared/" + random.nextInt(SHARED_KEYS));
                }
                LockSupport.parkNanos(pauseNanos);
            }
        } catch (RuntimeException e) {
            failures.add("client " + number + " ended: " + e);
        }
    }

    private void answered(long begun) {
        long now = System.nanoTime();
        longestGap.accumulateAndGet(now - lastAnswered.getAndSet(now), Math::max);
        samples[(int) (sampled.getAndIncrement() % SAMPLES)] = now - begun;
        writes.incrementAndGet();
    }

    private void putOwn(RaftgresClient client, String key) {
        long begun = System.nanoTime();
        try {
            PutResult result = client.put(key, key);
            acknowledged.put(key, result.revision());
            answered(begun);
        } catch (RaftgresException e) {
            failures.add("put " + key + ": " + e.getMessage());
        }
    }

    private void put(RaftgresClient client, int number, String key, String value) {
        History.Pending pending = history.invoke(number, key, new Action.Put(value));
        long begun = System.nanoTime();
        try {
            PutResult result = client.put(key, value);
            pending.complete(new Result.Written(result.revision()));
            answered(begun);
        } catch (RaftgresException.NotDone e) {
            pending.complete(new Result.Failed());
            failures.add("put " + key + ": " + e.getMessage());
        } catch (RaftgresException.OutcomeUnknown e) {
            failures.add("put " + key + ": " + e.getMessage());
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
        } catch (RaftgresException.NotDone e) {
            pending.complete(new Result.Failed());
            failures.add("get " + key + ": " + e.getMessage());
        }
    }

    /** @return acknowledged writes so far */
    public long writes() {
        return writes.get();
    }

    /** Waits for this number of further acknowledged writes. */
    public void awaitWrites(int more) throws InterruptedException {
        long wanted = writes.get() + more;
        long deadline = System.nanoTime() + WRITES_WITHIN.toNanos();
        while (writes.get() < wanted) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(
                        "no " + more + " more writes in " + WRITES_WITHIN.toSeconds() + " s; failures: " + failures);
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    /** Restarts the count of gaps and latencies. */
    public void mark() {
        lastAnswered.set(System.nanoTime());
        longestGap.set(0);
        sampled.set(0);
    }

    /** @return the longest time without an acknowledged write since {@link #mark}, until now */
    public long longestGapMillis() {
        long last = System.nanoTime() - lastAnswered.get();
        return TimeUnit.NANOSECONDS.toMillis(Math.max(longestGap.get(), last));
    }

    /** @return quantile of the latency of writes since {@link #mark}, in milliseconds */
    public double latencyMillis(double quantile) {
        int count = (int) Math.min(SAMPLES, sampled.get());
        long[] sorted = Arrays.copyOf(samples, count);
        Arrays.sort(sorted);
        return count == 0 ? 0 : sorted[(int) Math.min(count - 1, quantile * count)] / 1e6;
    }

    /** Requests that failed although the client retried them. */
    public List<String> failures() {
        return List.copyOf(failures);
    }

    @Override
    public void close() throws InterruptedException {
        over.set(true);
        for (Thread client : clients) {
            if (!client.join(timeout.plusSeconds(10))) {
                throw new AssertionError(client.getName() + " has not ended");
            }
        }
    }

    /** @return after {@link #close}: keys that one client wrote once, with their acknowledged revisions */
    public Map<String, Long> acknowledged() {
        return Map.copyOf(acknowledged);
    }

    /** @return after {@link #close}: whether the reads and writes of the shared keys are linearizable */
    public Verdict verdict() {
        return new Checker().check(history);
    }
}
