package io.raftgres.node.log;

import static io.raftgres.node.log.Logs.append;
import static io.raftgres.node.log.Logs.appendRange;
import static io.raftgres.node.log.Logs.command;
import static io.raftgres.node.log.Logs.readAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.HardState;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Restored;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs that begin above zero: new ones, ones reset after a snapshot, ones cut by size, and discarded ones. */
class LogBeginsAboveTest {

    @TempDir
    Path directory;

    @Test
    void aLogCanBeResetFarAboveItsEnd() throws IOException {
        Membership two = Logs.membership(2);
        SegmentedLog log = Logs.open(directory);
        append(log, new HardState(3, 2));
        appendRange(log, 1, 200, 3, 400);
        log.reset(5000, 9, two);
        assertReset(log, 5000, 9, two, new HardState(9, 0));
        assertEquals(1, segments().size(), "old segments are gone");
        log.abandon();
        log = Logs.open(directory);
        assertReset(log, 5000, 9, two, new HardState(9, 0));
        appendRange(log, 5001, 5100, 9, 400);
        log.close();
        try (SegmentedLog again = Logs.open(directory)) {
            assertEquals(5001, again.firstIndex());
            assertEquals(100, readAll(again).size());
            assertEquals(
                    List.of(new Restored.TermStart(5001, 9)),
                    again.restored(5000).terms());
            again.reset(5050, 9, two);
            assertReset(again, 5050, 9, two, new HardState(9, 0));
        }
    }

    /** The old entries up to the base have another history than the snapshot: none of them may count. */
    @Test
    void aLogCanBeResetInsideItself() throws IOException {
        try (SegmentedLog log = Logs.open(directory)) {
            append(log, new HardState(7, 3));
            appendRange(log, 1, 200, 3, 400);
            assertTrue(log.holds(0, 0));
            assertTrue(log.holds(150, 3));
            assertTrue(log.holds(200, 3));
            assertFalse(log.holds(150, 5));
            assertFalse(log.holds(201, 3));
            log.reset(150, 5, Logs.membership(5));
            assertTrue(log.holds(150, 5));
            assertFalse(log.holds(149, 3));
            assertEquals(List.of(), log.read(1, 200, 1000));
            assertEquals(List.of(), log.read(150, 200, 1000));
        }
        try (SegmentedLog log = Logs.open(directory)) {
            assertReset(log, 150, 5, Logs.membership(5), new HardState(7, 3));
            assertThrows(IllegalArgumentException.class, () -> log.reset(0, 1, Logs.BOOTSTRAP));
        }
    }

    private static void assertReset(SegmentedLog log, long base, long term, Membership membership, HardState hardState)
            throws IOException {
        assertEquals(base + 1, log.firstIndex());
        assertEquals(base, log.lastIndex());
        assertEquals(
                new Restored(hardState, base, term, membership, List.of(), List.of(), base, base), log.restored(base));
        assertThrows(LogDamagedException.class, () -> log.restored(base - 1));
    }

    /** Each operation of the disk fails once. Then the whole old log is there, or the new one. */
    @Test
    void aResetCutShortAnywhereLeavesOneOfTheTwoLogs() throws IOException {
        boolean seenOld = false;
        boolean seenNew = false;
        boolean failed = true;
        for (int operation = 0; failed; operation++) {
            Path each = directory.resolve("operation" + operation);
            FaultyDisk disk = new FaultyDisk();
            SegmentedLog log = Logs.open(each, disk);
            append(log, new HardState(2, 2));
            appendRange(log, 1, 200, 2, 400);
            log.abandon();
            SegmentedLog opened = Logs.open(each, disk);
            disk.failAfter(operation, "power is gone");
            try {
                opened.reset(150, 3, Logs.membership(2));
            } catch (IOException e) {
                assertEquals("power is gone", e.getMessage());
                assertThrows(IOException.class, () -> append(opened, null, command(201, 3, 1)));
            }
            failed = disk.failed();
            opened.abandon();
            disk.crash(new Random(operation));
            try (SegmentedLog again = Logs.open(each, disk)) {
                boolean old = again.firstIndex() == 1;
                seenOld |= old;
                seenNew |= !old;
                if (old) {
                    assertEquals(200, readAll(again).size());
                    assertEquals(new HardState(2, 2), again.restored(150).hardState());
                } else {
                    assertReset(again, 150, 3, Logs.membership(2), new HardState(3, 0));
                    assertEquals(1, LogDirectory.segments(each).size(), "what was replaced is gone");
                }
            }
        }
        assertTrue(seenOld && seenNew);
    }

    /** The reset does not read the replaced entries: they may be the reason for the snapshot. */
    @Test
    void damageInReplacedSegmentsIsIgnored() throws IOException {
        SegmentedLog log = Logs.open(directory);
        appendRange(log, 1, 100, 1, 400);
        log.abandon();
        List<byte[]> old = new ArrayList<>();
        List<Path> names = segments();
        for (Path segment : names) {
            old.add(Files.readAllBytes(segment));
        }
        try (SegmentedLog opened = Logs.open(directory)) {
            opened.reset(1000, 2, Logs.BOOTSTRAP);
            appendRange(opened, 1001, 1010, 2, 400);
        }
        // As if the process had been killed before it could remove them.
        for (int i = 0; i < old.size(); i++) {
            Files.write(names.get(i), i % 2 == 0 ? old.get(i) : new byte[100]);
        }
        try (SegmentedLog again = Logs.open(directory)) {
            assertEquals(1001, again.firstIndex());
            assertEquals(10, readAll(again).size());
            assertEquals(1, segments().size());
        }
    }

    @Test
    void aNewLogCanBeginAboveZero() throws IOException {
        HardState hardState = new HardState(8, 0);
        try (SegmentedLog log =
                SegmentedLog.create(directory, Logs.IDENTITY, 70, 7, hardState, Logs.membership(2), Logs.SMALL)) {
            assertReset(log, 70, 7, Logs.membership(2), hardState);
            append(log, null, command(71, 8, 10));
        }
        try (SegmentedLog log = Logs.open(directory)) {
            assertEquals(71, log.firstIndex());
            assertEquals(71, log.lastIndex());
            assertEquals(hardState, log.restored(70).hardState());
        }
        assertThrows(
                IOException.class,
                () -> SegmentedLog.create(directory, Logs.IDENTITY, 70, 7, hardState, Logs.membership(2), Logs.SMALL));
        assertThrows(
                IllegalArgumentException.class,
                () -> SegmentedLog.create(
                        directory.resolve("x"), Logs.IDENTITY, 70, 9, hardState, Logs.membership(2), Logs.SMALL));
    }

    @Test
    void aLogCanBeKeptWithinASize() throws IOException {
        try (SegmentedLog log = Logs.open(directory)) {
            long segment = Logs.SMALL.segmentBytes();
            appendRange(log, 1, 100, 1, 400);
            assertEquals(1, log.indexToKeepWithin(Long.MAX_VALUE));
            assertEquals(1, log.indexToKeepWithin(log.sizeBytes()));
            // A suffix is replaced: what began above it counts no longer.
            appendRange(log, 30, 200, 2, 400);
            for (long segments = log.sizeBytes() / segment; segments > 0; segments--) {
                long first = log.trim(log.indexToKeepWithin(segments * segment));
                assertTrue(log.sizeBytes() <= segments * segment, log.sizeBytes() + " bytes");
                assertEquals(first, log.firstIndex());
                assertEquals(log.indexToKeepWithin(segments * segment), first);
                assertEquals(200 - first + 1, readAll(log).size());
            }
            assertEquals(segment, log.sizeBytes());
            assertEquals(log.firstIndex(), log.indexToKeepWithin(0), "the segment that is written stays");
        }
    }

    @Test
    void aDamagedLogIsSetAsideAndTheLatestTwoAreKept() throws IOException {
        Path logDirectory = directory.resolve("log");
        List<Path> aside = new ArrayList<>();
        for (int i = 1; i <= 4; i++) {
            SegmentedLog log = Logs.open(logDirectory);
            appendRange(log, 1, i, 1, 10);
            assertThrows(IOException.class, () -> SegmentedLog.setAside(logDirectory), "in use");
            log.close();
            aside.add(SegmentedLog.setAside(logDirectory));
            assertFalse(Files.exists(logDirectory));
        }
        assertTrue(aside.getLast().getFileName().toString().matches("log\\.damaged-\\d{8}T\\d{6}\\.\\d{3}Z"));
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(aside.subList(2, 4), left.sorted().toList());
        }
        try (SegmentedLog last = Logs.open(aside.getLast())) {
            assertEquals(4, last.lastIndex());
        }
        assertThrows(IOException.class, () -> SegmentedLog.setAside(logDirectory));
    }

    private List<Path> segments() throws IOException {
        return LogDirectory.segments(directory);
    }
}
