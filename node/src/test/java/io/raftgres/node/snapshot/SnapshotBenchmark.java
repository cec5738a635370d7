package io.raftgres.node.snapshot;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowHash;
import io.raftgres.node.kv.TestBatches;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.SnapshotStores;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.sql.StoreOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * A snapshot from one PostgreSQL to another, timed; run by hand: main(rows, value bytes, bytes per second). The node's
 * log has the parts: spooled, loaded, indexes made, rows compared.
 */
public final class SnapshotBenchmark {

    private static final int BATCH_ROWS = 5_000;

    private SnapshotBenchmark() {}

    public static void main(String[] args) throws Exception {
        Path directory = Files.createTempDirectory("raftgres-bench");
        try {
            System.out.println(
                    run(directory, Integer.parseInt(args[0]), Integer.parseInt(args[1]), Long.parseLong(args[2])));
        } finally {
            TestPostgres.deleteTree(directory);
        }
    }

    /** @param bytesPerSecond 0: no limit @return the figures, for people */
    static String run(Path directory, int rows, int valueBytes, long bytesPerSecond) throws Exception {
        try (EmbeddedPostgres one = TestPostgres.start(Files.createDirectories(directory.resolve("one")));
                EmbeddedPostgres two = TestPostgres.start(Files.createDirectories(directory.resolve("two")));
                Link link = new Link(directory)) {
            StoreOptions from = SnapshotStores.options(one, 100_000);
            StoreOptions to = SnapshotStores.options(two, 100_000);
            try (Store store = Store.open(from)) {
                store.bind(1, 1);
                fill(store, rows, valueBytes);
            }
            Store.open(to).close();
            SnapshotOptions options = SnapshotOptions.standard(bytesPerSecond);
            link.serve(1, from, options);
            long cpu = processorNanos();
            long cpuOne = processorNanos(one);
            long cpuTwo = processorNanos(two);
            long start = System.nanoTime();
            try (SnapshotFetcher fetcher = link.receiver(to, options, () -> List.of(1L))) {
                Link.fetch(fetcher, 1);
                long fetched = System.nanoTime();
                StagedSnapshot.install(to, 1, 2);
                long installed = System.nanoTime();
                return ("%,d rows of %d bytes, %d MiB/s: fetched in %.1f s (%d MiB on the way), installed in %.2f s;"
                                + " processor: node %.1f s, source's PostgreSQL %.1f s, receiver's %.1f s")
                        .formatted(
                                rows,
                                valueBytes,
                                bytesPerSecond >> 20,
                                (fetched - start) / 1e9,
                                fetcher.receivedBytes() >> 20,
                                (installed - fetched) / 1e9,
                                (processorNanos() - cpu) / 1e9,
                                (processorNanos(one) - cpuOne) / 1e9,
                                (processorNanos(two) - cpuTwo) / 1e9);
            }
        }
    }

    static void fill(Store store, int rows, int valueBytes) {
        Random random = new Random(1);
        RowHash rowHash = new RowHash();
        long hash = 0;
        long revision = 1;
        long index = 0;
        for (int done = 0; done < rows; done += BATCH_ROWS) {
            List<Change> changes = new ArrayList<>(BATCH_ROWS);
            for (int n = done; n < Math.min(rows, done + BATCH_ROWS); n++) {
                byte[] value = new byte[valueBytes];
                random.nextBytes(value);
                revision++;
                // In an order that is not that of the keys, as clients write them.
                Key key = Key.of("/registry/pods/%08x".formatted(Integer.reverse(n)));
                Change change = new Change(revision, null, new Row(key, value, revision, revision, 1, 0));
                hash = rowHash.apply(hash, change);
                changes.add(change);
            }
            store.write(TestBatches.of(++index, 1, revision, 0, hash, index, changes, new byte[0], 0));
        }
    }

    private static long processorNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    /** Of the server with the processes of its connections, those that have ended, too. Linux only, elsewhere 0. */
    private static long processorNanos(EmbeddedPostgres postgres) throws IOException {
        long ticks = 0;
        ProcessHandle server = ProcessHandle.of(postgres.pid()).orElseThrow();
        for (ProcessHandle process :
                Stream.concat(Stream.of(server), server.descendants()).toList()) {
            Path stat = Path.of("/proc", Long.toString(process.pid()), "stat");
            if (Files.exists(stat)) {
                String text = Files.readString(stat);
                String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
                // utime, stime, and the same of children that have been waited for
                for (int field = 11; field <= 14; field++) {
                    ticks += Long.parseLong(fields[field]);
                }
            }
        }
        return ticks * 10_000_000;
    }
}
