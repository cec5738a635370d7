package io.raftgres.node.log;

import static io.raftgres.node.log.Logs.append;
import static io.raftgres.node.log.Logs.command;
import static io.raftgres.node.log.Logs.readAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Entry;
import io.raftgres.raft.HardState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each byte at the end of a log is lost or changed in turn. The synced entries before it are there, or the log is
 * refused.
 */
class RecoveryFaultTest {

    private static final HardState FIRST = new HardState(1, 1);
    private static final HardState LAST = new HardState(2, 3);

    @TempDir
    Path original;

    @TempDir
    Path directory;

    private final List<Entry> entries = new ArrayList<>();

    /** Offsets of the records in the last segment. */
    private final List<Long> records = new ArrayList<>();

    private Path lastSegment;
    private byte[] lastBytes;

    /** Where the last group begins and ends, and how many entries were acknowledged before it. */
    private long groupStart;

    private long groupEnd;
    private int acknowledged;

    /** Two segments; the last group is a hard state and three entries, and was synced but nothing came after. */
    @BeforeEach
    void write() throws IOException {
        SegmentedLog log = Logs.open(original);
        append(log, FIRST, Entry.noop(1, 1));
        entries.add(Entry.noop(1, 1));
        while (segments(original).size() < 2) {
            add(command(entries.size() + 1, 1, 150));
            append(log, null, entries.getLast());
        }
        long at = SegmentHeader.BLOCK_BYTES;
        records.add(at);
        at += RecordHeader.sizeOnDisk(150);
        for (int size : new int[] {0, 5, 250}) {
            add(command(entries.size() + 1, 1, size));
            append(log, null, entries.getLast());
            records.add(at);
            at += RecordHeader.sizeOnDisk(size);
        }
        acknowledged = entries.size();
        groupStart = at;
        records.add(at);
        at += RecordHeader.BYTES;
        List<Entry> group = new ArrayList<>();
        for (int size : new int[] {33, 300, 8}) {
            add(command(entries.size() + 1, 2, size));
            group.add(entries.getLast());
            records.add(at);
            at += RecordHeader.sizeOnDisk(size);
        }
        groupEnd = at;
        append(log, LAST, group.toArray(Entry[]::new));
        log.abandon();
        lastSegment = directory.resolve(segments(original).getLast().getFileName());
        lastBytes = Files.readAllBytes(segments(original).getLast());
    }

    private void add(Entry entry) {
        entries.add(entry);
    }

    @Test
    void theFileCutAnywhereInTheLastGroupCostsOnlyThatGroup() throws IOException {
        for (long at = groupStart; at <= groupEnd; at++) {
            recovers(Arrays.copyOf(lastBytes, (int) at), at);
        }
    }

    @Test
    void zerosFromAnywhereInTheLastGroupCostOnlyThatGroup() throws IOException {
        for (long at = groupStart; at <= groupEnd; at++) {
            byte[] bytes = lastBytes.clone();
            Arrays.fill(bytes, (int) at, bytes.length, (byte) 0);
            recovers(bytes, at);
        }
    }

    @Test
    void anyByteOfTheLastGroupChangedCostsOnlyThatGroup() throws IOException {
        for (long at = groupStart; at <= groupEnd; at++) {
            byte[] bytes = lastBytes.clone();
            bytes[(int) at] ^= (byte) (1 << (at % 8));
            recovers(bytes, at);
        }
    }

    /** A new record of the broken one's size ends where the whole ones of the torn group still lay. */
    @Test
    void truncatedRecordsNeverReturn() throws IOException {
        Logs.copy(original, directory);
        byte[] bytes = lastBytes.clone();
        bytes[(int) groupStart] ^= 1;
        Files.write(lastSegment, bytes);
        SegmentedLog log = Logs.open(directory);
        append(log, new HardState(3, 0));
        log.abandon();
        try (SegmentedLog again = Logs.open(directory)) {
            assertEquals(acknowledged, again.lastIndex());
            assertEquals(new HardState(3, 0), again.restored(0).hardState());
        }
    }

    @Test
    void anyByteBeforeTheLastGroupChangedIsRefusedAtItsRecord() throws IOException {
        for (int at = SegmentHeader.BLOCK_BYTES; at < groupStart; at++) {
            byte[] bytes = lastBytes.clone();
            bytes[at] ^= (byte) (1 << (at % 8));
            refused(lastSegment, bytes, recordAt(at));
        }
    }

    @Test
    void anyRecordBeforeTheLastGroupErasedIsRefused() throws IOException {
        for (long from : records) {
            if (from < groupStart) {
                byte[] bytes = lastBytes.clone();
                Arrays.fill(bytes, (int) from, (int) from + RecordHeader.BYTES, (byte) 0);
                refused(lastSegment, bytes, from);
            }
        }
    }

    @Test
    void anyByteOfASegmentHeaderChangedIsRefused() throws IOException {
        for (int at = 0; at < SegmentHeader.BLOCK_BYTES; at += at < 400 ? 1 : 97) {
            byte[] bytes = lastBytes.clone();
            bytes[at] ^= 4;
            refused(lastSegment, bytes, 0);
        }
        refused(lastSegment, new byte[0], 0);
        refused(lastSegment, new byte[lastBytes.length], 0);
    }

    @Test
    void anyChangeOfAnEarlierSegmentIsRefused() throws IOException {
        Path first = directory.resolve(segments(original).getFirst().getFileName());
        byte[] intact = Files.readAllBytes(segments(original).getFirst());
        long record = SegmentHeader.BLOCK_BYTES + 2 * RecordHeader.BYTES;
        int length = (int) RecordHeader.sizeOnDisk(150);
        for (int at = (int) record; at < intact.length - length; at += 23) {
            byte[] bytes = intact.clone();
            bytes[at] ^= 1;
            refused(first, bytes, record + (at - record) / length * length);
            refused(first, Arrays.copyOf(intact, at), record + (at - record) / length * length);
        }
    }

    @Test
    void anythingBeforeACleanCloseChangedIsRefused() throws IOException {
        Logs.copy(original, directory);
        Logs.open(directory).close();
        Logs.copy(directory, original);
        byte[] closed = Files.readAllBytes(lastSegment);
        for (long at = groupStart; at < groupEnd; at++) {
            byte[] bytes = closed.clone();
            bytes[(int) at] ^= (byte) (1 << (at % 8));
            refused(lastSegment, bytes, recordAt(at));
        }
        for (long at = groupEnd; at < groupEnd + RecordHeader.BYTES; at++) {
            byte[] bytes = closed.clone();
            bytes[(int) at] ^= (byte) (1 << (at % 8));
            recovers(bytes, groupEnd);
        }
    }

    @Test
    void aMissingSegmentIsRefused() throws IOException {
        for (int i = 0; i < 20; i++) {
            try (SegmentedLog log = Logs.open(original)) {
                Logs.appendRange(log, log.lastIndex() + 1, log.lastIndex() + 20, 2, 300);
            }
        }
        List<Path> segments = segments(original);
        for (Path missing : segments.subList(1, segments.size() - 1)) {
            Logs.copy(original, directory);
            Files.delete(directory.resolve(missing.getFileName()));
            assertTrue(assertThrows(LogDamagedException.class, () -> Logs.open(directory))
                    .getMessage()
                    .contains("a segment is missing"));
        }
        Logs.copy(original, directory);
        Files.move(directory.resolve(segments.get(2).getFileName()), directory.resolve("segment-00000000000000ff.log"));
        assertThrows(LogDamagedException.class, () -> Logs.open(directory));
    }

    @Test
    void recordDamagedWhileTheLogIsOpenIsNotServed() throws IOException {
        Logs.copy(original, directory);
        try (SegmentedLog log = Logs.open(directory)) {
            byte[] bytes = lastBytes.clone();
            bytes[(int) groupEnd - 1] ^= 1;
            Files.write(lastSegment, bytes);
            LogDamagedException damaged =
                    assertThrows(LogDamagedException.class, () -> log.read(entries.size(), entries.size(), 1000));
            assertTrue(damaged.getMessage().contains("at offset " + records.getLast()), damaged.getMessage());
        }
    }

    /** A sector that the disk cannot give back is lost: the same as one with other bytes. */
    @Test
    void unreadableSectorCountsAsDamage() throws IOException {
        Logs.copy(original, directory);
        FaultyDisk disk = new FaultyDisk();
        for (Path segment : segments(directory)) {
            disk.unreadable = segment;
            assertTrue(assertThrows(LogDamagedException.class, () -> Logs.open(directory, disk))
                    .getMessage()
                    .contains(segment + " is damaged at offset 0: cannot read it: Input/output error"));
        }
        disk.unreadable = null;
        try (SegmentedLog log = Logs.open(directory, disk)) {
            disk.unreadable = lastSegment;
            assertThrows(LogDamagedException.class, () -> log.read(entries.size(), entries.size(), 1000));
        }
    }

    /** Whole, and of no kind that there is: written by another program. */
    @Test
    void anEntryOfAnUnknownKindIsRefused() throws IOException {
        Logs.copy(original, directory);
        SegmentHeader header = SegmentHeader.read(Disk.REAL, lastSegment);
        RecordHeader.Codec codec = new RecordHeader.Codec(header.salt(), header.number());
        ByteBuffer record = ByteBuffer.allocate(RecordHeader.BYTES);
        codec.encode(
                new RecordHeader(
                        RecordHeader.Type.ENTRY,
                        null,
                        entries.size() + 1,
                        2,
                        groupEnd,
                        0,
                        codec.payloadCrc(new byte[0])),
                groupEnd,
                record);
        byte[] bytes = lastBytes.clone();
        System.arraycopy(record.array(), 0, bytes, (int) groupEnd, RecordHeader.BYTES);
        refused(lastSegment, bytes, groupEnd);
    }

    private long recordAt(long offset) {
        return records.stream()
                .filter(record -> record <= offset)
                .reduce((a, b) -> b)
                .orElseThrow();
    }

    private void refused(Path file, byte[] bytes, long offset) throws IOException {
        Logs.copy(original, directory);
        Files.write(file, bytes);
        LogDamagedException damaged = assertThrows(
                LogDamagedException.class,
                () -> Logs.open(directory, new FaultyDisk()).abandon());
        assertTrue(
                damaged.getMessage().contains(file + " is damaged at offset " + offset + ": "),
                damaged.getMessage() + ", expected offset " + offset);
    }

    /** All records that end at or before {@code from} must be there, and the log must work after it. */
    private void recovers(byte[] bytes, long from) throws IOException {
        Logs.copy(original, directory);
        Files.write(lastSegment, bytes);
        SegmentedLog log = Logs.open(directory, new FaultyDisk());
        int count = (int) log.lastIndex();
        assertTrue(count >= acknowledged && count <= entries.size(), count + " entries, from " + from);
        assertTrue(Logs.equal(entries.subList(0, count), readAll(log)), "from " + from);
        assertEquals(from >= groupEnd, count == entries.size(), "from " + from);
        HardState hardState = log.restored(0).hardState();
        assertEquals(from >= groupStart + RecordHeader.BYTES ? LAST : FIRST, hardState, "from " + from);
        Entry next = command(count + 1, 3, 20);
        append(log, new HardState(3, 0), next);
        log.abandon();
        log = Logs.open(directory, new FaultyDisk());
        List<Entry> expected = new ArrayList<>(entries.subList(0, count));
        expected.add(next);
        assertTrue(Logs.equal(expected, readAll(log)), "continued from " + from);
        log.abandon();
    }

    private static List<Path> segments(Path directory) throws IOException {
        return LogDirectory.segments(directory);
    }
}
