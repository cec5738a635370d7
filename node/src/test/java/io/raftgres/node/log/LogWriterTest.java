package io.raftgres.node.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.HardState;
import io.raftgres.raft.Output;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One sync for all that waits, reports in order, one report of a failure, and a bounded queue. */
@Timeout(60)
class LogWriterTest {

    @TempDir
    Path directory;

    /** Collects the reports. */
    private static final class Ears implements LogWriter.Listener {
        final LinkedBlockingQueue<List<Output.Append>> groups = new LinkedBlockingQueue<>();
        final LinkedBlockingQueue<LogWriter.Group> measured = new LinkedBlockingQueue<>();
        final LinkedBlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();

        @Override
        public void durable(List<Output.Append> group) {
            groups.add(group);
        }

        @Override
        public void failed(Throwable cause) {
            failures.add(cause);
        }

        @Override
        public void measured(LogWriter.Group group) {
            measured.add(group);
        }
    }

    /** A disk whose syncs wait or fail when the test says so. */
    private static final class GatedDisk implements Disk {
        final CountDownLatch gate = new CountDownLatch(1);
        final CountDownLatch reached = new CountDownLatch(1);
        volatile boolean gated;
        volatile boolean failing;
        volatile int syncs;

        @Override
        public OpenFile create(Path path) throws IOException {
            return REAL.create(path);
        }

        @Override
        public OpenFile open(Path path) throws IOException {
            OpenFile file = REAL.open(path);
            return new OpenFile() {
                @Override
                public void write(ByteBuffer source, long position) throws IOException {
                    file.write(source, position);
                }

                @Override
                public int read(ByteBuffer target, long position) throws IOException {
                    return file.read(target, position);
                }

                @Override
                public void force(boolean metadata) throws IOException {
                    sync();
                }

                @Override
                public long size() throws IOException {
                    return file.size();
                }

                @Override
                public void close() throws IOException {
                    file.close();
                }
            };
        }

        private void sync() throws IOException {
            if (gated) {
                reached.countDown();
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                syncs++;
            }
            if (failing) {
                throw new IOException("sync failed");
            }
        }

        @Override
        public OpenFile openToRead(Path path) throws IOException {
            return REAL.openToRead(path);
        }

        @Override
        public void move(Path from, Path to) throws IOException {
            REAL.move(from, to);
        }

        @Override
        public void delete(Path path) throws IOException {
            REAL.delete(path);
        }

        @Override
        public void syncDirectory(Path directory) throws IOException {
            REAL.syncDirectory(directory);
        }

        @Override
        public long usableBytes(Path directory) {
            return REAL.usableBytes(directory);
        }
    }

    private static Output.Append append(long sequence, int size) {
        return new Output.Append(
                sequence,
                List.of(Logs.command(sequence, 1, size)),
                sequence == 1 ? new HardState(1, 1) : null,
                List.of());
    }

    @Test
    void waitingAppendsFormOneGroupWithOneSync() throws IOException, InterruptedException {
        GatedDisk disk = new GatedDisk();
        Ears ears = new Ears();
        try (SegmentedLog log = Logs.open(directory, disk)) {
            disk.gated = true;
            try (LogWriter writer = new LogWriter("test", log, ears)) {
                writer.submit(append(1, 10));
                disk.reached.await();
                for (int sequence = 2; sequence <= 20; sequence++) {
                    writer.submit(append(sequence, 10));
                }
                assertTrue(writer.queuedBytes() > 0);
                assertEquals(0, ears.groups.size(), "nothing is durable before the sync has ended");
                disk.gate.countDown();
                assertEquals(1, ears.groups.poll(30, TimeUnit.SECONDS).size());
                assertEquals(19, ears.groups.poll(30, TimeUnit.SECONDS).size());
                assertEquals(2, disk.syncs);
                assertEquals(1, ears.measured.poll(30, TimeUnit.SECONDS).appends());
                LogWriter.Group second = ears.measured.poll(30, TimeUnit.SECONDS);
                assertEquals(19, second.appends());
                assertEquals(19 * RecordHeader.sizeOnDisk(10), second.bytes());
                assertTrue(second.syncNanos() >= 0);
                assertEquals(0, writer.queuedBytes());
            }
        }
    }

    @Test
    void reportsComeInOrderAndClosingWritesAllThatWaits() throws IOException {
        Ears ears = new Ears();
        try (SegmentedLog log = Logs.open(directory, new FaultyDisk())) {
            try (LogWriter writer = new LogWriter("test", log, ears)) {
                for (int sequence = 1; sequence <= 2000; sequence++) {
                    writer.submit(append(sequence, 100));
                }
            }
            List<Long> sequences = new ArrayList<>();
            ears.groups.forEach(group -> group.forEach(append -> sequences.add(append.sequence())));
            assertEquals(2000, sequences.size());
            for (int i = 0; i < sequences.size(); i++) {
                assertEquals(i + 1, sequences.get(i));
            }
            assertEquals(2000, log.lastIndex());
            assertEquals(0, ears.failures.size());
        }
    }

    @Test
    void aFailureIsReportedOnceAndNothingAfterIt() throws IOException, InterruptedException {
        GatedDisk disk = new GatedDisk();
        Ears ears = new Ears();
        try (SegmentedLog log = Logs.open(directory, disk)) {
            disk.gated = true;
            disk.failing = true;
            try (LogWriter writer = new LogWriter("test", log, ears)) {
                writer.submit(append(1, 10));
                disk.reached.await();
                writer.submit(append(2, 10));
                disk.gate.countDown();
                assertEquals(
                        "sync failed", ears.failures.poll(30, TimeUnit.SECONDS).getMessage());
                IllegalStateException refused =
                        assertThrows(IllegalStateException.class, () -> writer.submit(append(3, 10)));
                assertEquals("sync failed", refused.getCause().getMessage());
            }
            assertEquals(0, ears.failures.size());
            assertEquals(0, ears.groups.size());
        }
    }

    @Test
    void aListenerThatThrowsStopsTheLog() throws IOException, InterruptedException {
        LinkedBlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
        try (SegmentedLog log = Logs.open(directory, new FaultyDisk())) {
            LogWriter.Listener broken = new LogWriter.Listener() {
                @Override
                public void durable(List<Output.Append> group) {
                    throw new IllegalStateException("broken");
                }

                @Override
                public void failed(Throwable cause) {
                    failures.add(cause);
                }
            };
            try (LogWriter writer = new LogWriter("test", log, broken)) {
                writer.submit(append(1, 10));
                assertEquals("broken", failures.poll(30, TimeUnit.SECONDS).getMessage());
            }
        }
    }

    @Test
    void theQueueIsBoundedAndOrdered() throws IOException, InterruptedException {
        GatedDisk disk = new GatedDisk();
        Ears ears = new Ears();
        try (SegmentedLog log = Logs.open(directory, disk)) {
            disk.gated = true;
            try (LogWriter writer = new LogWriter("test", log, ears)) {
                writer.submit(append(1, 10));
                disk.reached.await();
                assertThrows(IllegalStateException.class, () -> writer.submit(append(1, 10)));
                // The same bytes many times: what counts is the bound, not what they cost here.
                Output.Append mebibyte = append(2, 1 << 20);
                long sequence = 2;
                while (writer.queuedBytes() + (1 << 20) + 1024 < LogWriter.MAX_QUEUED_BYTES) {
                    assertEquals(
                            writer.queuedBytes() + (1 << 20) <= LogWriter.MAX_QUEUED_BYTES / 2,
                            writer.accepts(1 << 20),
                            "entries of peers find half of the queue");
                    writer.submit(new Output.Append(sequence++, mebibyte.entries(), null, List.of()));
                }
                long next = sequence;
                IllegalStateException full = assertThrows(
                        IllegalStateException.class,
                        () -> writer.submit(new Output.Append(next, mebibyte.entries(), null, List.of())));
                assertTrue(full.getMessage().contains("wait for the log"), full.getMessage());
                disk.failing = true;
                disk.gate.countDown();
                ears.failures.poll(30, TimeUnit.SECONDS);
            }
        }
        assertEquals(0, ears.groups.size());
    }

    @Test
    void closedWriterAcceptsNothing() throws IOException {
        try (SegmentedLog log = Logs.open(directory, new FaultyDisk())) {
            LogWriter writer = new LogWriter("test", log, new Ears());
            writer.close();
            writer.close();
            assertThrows(IllegalStateException.class, () -> writer.submit(append(1, 1)));
        }
    }
}
