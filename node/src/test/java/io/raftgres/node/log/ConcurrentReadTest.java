package io.raftgres.node.log;

import static io.raftgres.node.log.Logs.command;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Entry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Readers see whole entries in order while the log grows, is truncated and is trimmed. */
@Timeout(120)
class ConcurrentReadTest {

    private static final int GROUPS = 1500;

    @TempDir
    Path directory;

    @Test
    void readersNeverSeeAnythingWrong() throws IOException, InterruptedException, ExecutionException {
        AtomicBoolean done = new AtomicBoolean();
        AtomicLong reads = new AtomicLong();
        AtomicLong floor = new AtomicLong(1);
        try (SegmentedLog log = Logs.open(directory, new FaultyDisk());
                ExecutorService pool = Executors.newCachedThreadPool()) {
            List<Future<?>> readers = new ArrayList<>();
            try {
                for (int seed = 0; seed < 3; seed++) {
                    Random random = new Random(seed);
                    readers.add(pool.submit(() -> {
                        while (!done.get()) {
                            read(log, random, floor);
                            reads.incrementAndGet();
                        }
                        return null;
                    }));
                }
                write(log, floor, () -> reads.get() > 100 || readers.stream().anyMatch(Future::isDone));
            } finally {
                done.set(true);
            }
            for (Future<?> reader : readers) {
                reader.get();
            }
        }
        assertTrue(reads.get() > 100, reads::toString);
    }

    /** @param enough asked once all groups are written, until it is */
    private static void write(SegmentedLog log, AtomicLong floor, BooleanSupplier enough) throws IOException {
        Random random = new Random(99);
        long term = 1;
        for (int group = 0; group < GROUPS || !enough.getAsBoolean(); group++) {
            long next = log.lastIndex() + 1;
            if (random.nextInt(10) == 0) {
                next = Math.max(floor.get() + 1, next - random.nextInt(60));
                term++;
            }
            Entry[] entries = new Entry[1 + random.nextInt(10)];
            for (int i = 0; i < entries.length; i++) {
                entries[i] = command(next + i, term, random.nextInt(600));
            }
            Logs.append(log, null, entries);
            if (random.nextInt(20) == 0) {
                floor.set(Math.max(floor.get(), log.lastIndex() - 100));
                log.trim(floor.get());
            }
        }
    }

    private static void read(SegmentedLog log, Random random, AtomicLong floor) throws IOException {
        long safe = floor.get();
        long last = log.lastIndex();
        if (last == 0) {
            return;
        }
        long from = random.nextBoolean() ? safe : Math.max(1, last - random.nextInt(200));
        List<Entry> entries = log.read(from, from + random.nextInt(100), 1 + random.nextInt(50_000));
        // What is at or below the floor is never replaced: while it is not trimmed there must be a response.
        boolean certain = from <= safe && log.firstIndex() <= from;
        assertTrue(!certain || !entries.isEmpty(), "nothing at " + from);
        long index = from;
        long term = 0;
        for (Entry entry : entries) {
            assertTrue(entry.index() == index && entry.term() >= term, entry + " at " + index);
            Entry written = command(index, entry.term(), entry.data().length);
            assertTrue(Logs.equal(written, entry), "content of " + entry);
            term = entry.term();
            index++;
        }
    }
}
