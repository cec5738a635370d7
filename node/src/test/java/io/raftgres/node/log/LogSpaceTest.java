package io.raftgres.node.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.raftgres.raft.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A full disk: the log warns with a whole segment left, then waits and loses nothing, and continues when there is
 * space.
 */
@Timeout(60)
class LogSpaceTest {

    private static final long SEGMENT = Logs.SMALL.segmentBytes();
    private static final int ENTRY_BYTES = 500;

    @TempDir
    Path directory;

    private final TightDisk disk = new TightDisk(5 * SEGMENT);
    private final Logs.SameThread background = new Logs.SameThread();
    private final Ears ears = new Ears();
    private long sequence;

    /** Counts what it hears. */
    private static final class Ears implements LogWriter.Listener {
        private final LinkedBlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
        private volatile long durable;

        @Override
        public void durable(List<Output.Append> group) {
            durable = group.getLast().sequence();
        }

        @Override
        public void failed(Throwable cause) {
            failures.add(cause);
        }
    }

    private SegmentedLog open() throws IOException {
        SegmentedLog log = SegmentedLog.open(directory, Logs.IDENTITY, Logs.BOOTSTRAP, Logs.SMALL, disk, background);
        background.runLater();
        return log;
    }

    private void submit(LogWriter writer) {
        sequence++;
        writer.submit(new Output.Append(sequence, List.of(Logs.command(sequence, 1, ENTRY_BYTES)), null, List.of()));
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "in time");
            LockSupport.parkNanos(200_000);
        }
    }

    /** One append after the other until the log is in this state. */
    private void fill(SegmentedLog log, LogWriter writer, LogSpace until) {
        while (log.space() != until) {
            submit(writer);
            await(() -> ears.durable == sequence || log.space() == LogSpace.FULL);
        }
    }

    private long spares() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith("spare-"))
                    .count();
        }
    }

    @Test
    void logWarnsWithASegmentLeftThenWaitsAndContinuesByItself() throws IOException {
        try (SegmentedLog log = open();
                LogWriter writer = new LogWriter("test", log, ears)) {
            assertEquals(LogSpace.OK, log.space());
            assertEquals(2, spares());
            fill(log, writer, LogSpace.LOW);
            assertEquals(1, spares(), "the reserve");
            long warned = sequence;
            assertEquals(0, ears.failures.size());
            assertTrue(writer.accepts(1000), "there is room for what frees space");
            fill(log, writer, LogSpace.FULL);
            long perSegment = (SEGMENT - SegmentHeader.BLOCK_BYTES) / RecordHeader.sizeOnDisk(ENTRY_BYTES);
            assertTrue(sequence - warned > perSegment, "the reserve is at least a segment: " + (sequence - warned));
            long durable = ears.durable;
            assertEquals(sequence - 1, durable);
            assertEquals(durable, log.lastIndex());
            for (int i = 0; i < 100; i++) {
                submit(writer);
            }
            assertFalse(writer.accepts(1));
            assertEquals(LogSpace.FULL, writer.space());
            assertTrue(Logs.equal(List.of(Logs.command(durable, 1, ENTRY_BYTES)), log.read(durable, durable, 1000)));
            assertEquals(durable, ears.durable, "nothing more is acknowledged");
            assertEquals(0, ears.failures.size());
            disk.add(10 * SEGMENT);
            await(() -> ears.durable == sequence);
            background.runLater();
            assertEquals(LogSpace.OK, log.space());
            assertTrue(writer.accepts(1000));
            assertEquals(sequence, Logs.readAll(log).size());
        }
        try (SegmentedLog log = open()) {
            assertEquals(sequence, Logs.readAll(log).size());
        }
    }

    @Test
    void aLowDiskIsLookedAtAgainInTheBackground() throws IOException {
        try (SegmentedLog log = open();
                LogWriter writer = new LogWriter("test", log, ears)) {
            fill(log, writer, LogSpace.LOW);
            assertEquals(1, background.runLater(), "one look is due");
            assertEquals(LogSpace.LOW, log.space());
            disk.add(2 * SEGMENT);
            assertEquals(1, background.runLater());
            assertEquals(LogSpace.OK, log.space());
            assertEquals(2, spares());
            assertEquals(0, background.runLater());
        }
    }

    /** Trimming only renames files, so it frees space on a disk that has none. */
    @Test
    void aTrimHealsAFullDiskAtOnce() throws IOException {
        try (SegmentedLog log = open();
                LogWriter writer = new LogWriter("test", log, ears)) {
            fill(log, writer, LogSpace.FULL);
            disk.contended = true;
            log.trim(log.lastIndex());
            await(() -> ears.durable == sequence);
            assertEquals(LogSpace.OK, log.space());
            log.trim(log.lastIndex());
            for (int i = 0; i < 500; i++) {
                submit(writer);
                await(() -> ears.durable == sequence);
                log.trim(log.lastIndex());
            }
            assertEquals(sequence, log.lastIndex());
        }
        assertEquals(0, ears.failures.size());
    }

    @Test
    void closingAFullLogEndsPromptlyAndKeepsAcknowledgedEntries() throws IOException {
        long durable;
        try (SegmentedLog log = open()) {
            LogWriter writer = new LogWriter("test", log, ears);
            fill(log, writer, LogSpace.FULL);
            submit(writer);
            durable = ears.durable;
            long begun = System.nanoTime();
            writer.close();
            assertTrue(System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(5));
            assertEquals(durable, ears.durable);
            assertEquals(0, ears.failures.size(), "a full disk is no failure");
        }
        try (SegmentedLog log = open()) {
            assertEquals(durable, log.lastIndex());
            assertEquals(LogSpace.LOW, log.space(), "a node starts on a full disk, and says so");
            disk.add(10 * SEGMENT);
            Logs.appendRange(log, durable + 1, durable + 100, 1, ENTRY_BYTES);
            background.runLater();
            assertEquals(LogSpace.OK, log.space());
        }
    }

    /** A quota shows only when a write fails: nothing is left over, and the log waits all the same. */
    @Test
    void aQuotaIsAFullDisk() throws IOException {
        disk.honest = false;
        disk.refusal = TightDisk.QUOTA;
        try (SegmentedLog log = open();
                LogWriter writer = new LogWriter("test", log, ears)) {
            fill(log, writer, LogSpace.FULL);
            disk.add(10 * SEGMENT);
            await(() -> ears.durable == sequence);
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(
                    List.of(),
                    files.filter(file -> file.toString().endsWith(".unfinished"))
                            .toList());
        }
        assertEquals(0, ears.failures.size());
    }

    @Test
    void anEntryLargerThanASegmentWaitsForRoomOfItsOwn() throws IOException {
        try (SegmentedLog log = open();
                LogWriter writer = new LogWriter("test", log, ears)) {
            sequence++;
            writer.submit(new Output.Append(1, List.of(Logs.command(1, 1, (int) (4 * SEGMENT))), null, List.of()));
            await(() -> log.space() == LogSpace.FULL);
            disk.add(4 * SEGMENT);
            await(() -> ears.durable == 1);
        }
    }

    @Test
    void aDiskThatIsBrokenIsNotTakenForAFullOne() throws IOException {
        SegmentedLog log = open();
        disk.broken = "Input/output error";
        IOException broken = assertThrows(IOException.class, () -> Logs.appendRange(log, 1, 1000, 1, ENTRY_BYTES));
        assertEquals("Input/output error", broken.getMessage());
        log.close();
    }

    @Test
    void aResetOnAFullDiskFailsAtOnce() throws IOException {
        try (SegmentedLog log = open();
                LogWriter writer = new LogWriter("test", log, ears)) {
            fill(log, writer, LogSpace.FULL);
        }
        SegmentedLog log = open();
        assertThrows(NoSpaceException.class, () -> log.reset(100_000, 2, Logs.BOOTSTRAP));
        log.close();
        try (SegmentedLog again = open()) {
            assertEquals(1, again.firstIndex());
            again.trim(again.lastIndex());
            again.reset(100_000, 2, Logs.BOOTSTRAP);
            assertEquals(100_001, again.firstIndex());
        }
    }

    /** A real disk that is full. */
    @Test
    void aRealFullDiskIsWaitedFor() throws IOException, InterruptedException {
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", directory.toString()), "may mount a tmpfs");
        try {
            LogOptions options = new LogOptions(1 << 20, 3, 64 << 10);
            Path filler = directory.resolve("filler");
            try (SegmentedLog log =
                            SegmentedLog.open(directory.resolve("log"), Logs.IDENTITY, Logs.BOOTSTRAP, options);
                    LogWriter writer = new LogWriter("test", log, ears)) {
                await(() -> usable() <= 9 << 20);
                Files.write(filler, new byte[(int) usable() - (5 << 18)]);
                for (int i = 0; i < 40; i++) {
                    sequence++;
                    writer.submit(
                            new Output.Append(sequence, List.of(Logs.command(sequence, 1, 200_000)), null, List.of()));
                }
                await(() -> log.space() == LogSpace.FULL);
                long durable = ears.durable;
                assertTrue(durable < sequence);
                assertFalse(writer.accepts(1));
                Files.delete(filler);
                await(() -> ears.durable == sequence || log.space() == LogSpace.FULL && usable() < 1 << 20);
                log.trim(log.lastIndex());
                await(() -> ears.durable == sequence);
                log.trim(log.lastIndex());
                await(() -> log.space() == LogSpace.OK);
            }
            assertEquals(0, ears.failures.size());
            try (SegmentedLog log =
                    SegmentedLog.open(directory.resolve("log"), Logs.IDENTITY, Logs.BOOTSTRAP, options)) {
                assertEquals(sequence, log.lastIndex());
            }
        } finally {
            assertTrue(run("umount", directory.toString()));
        }
    }

    private long usable() {
        return directory.toFile().getUsableSpace();
    }

    private static boolean run(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
