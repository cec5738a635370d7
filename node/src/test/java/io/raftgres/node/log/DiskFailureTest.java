package io.raftgres.node.log;

import static io.raftgres.node.log.Logs.append;
import static io.raftgres.node.log.Logs.appendRange;
import static io.raftgres.node.log.Logs.command;
import static io.raftgres.node.log.Logs.readAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.HardState;
import io.raftgres.raft.Output;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that fails stops the log for good, and what a file held before never shows. */
class DiskFailureTest {

    private static final String FULL = "No space left on device";

    @TempDir
    Path folder;

    private final FaultyDisk disk = new FaultyDisk();

    @Test
    void aGroupIsOneWriteAndOneSync() throws IOException {
        try (RaftLog log = Logs.open(folder, disk)) {
            long syncs = disk.syncs;
            long writes = disk.writeCalls;
            RaftLog.Written written = log.append(List.of(
                    Logs.append(new HardState(1, 1), command(1, 1, 100), command(2, 1, 100)),
                    Logs.append(new HardState(2, 0)),
                    Logs.append(null, command(3, 2, 1000))));
            assertEquals(1, disk.syncs - syncs);
            assertEquals(1, disk.writeCalls - writes);
            assertEquals(5 * 40 + 2 * 104 + 1000, written.bytes());
            log.append(List.of(Logs.append(null)));
            assertEquals(1, disk.syncs - syncs, "nothing to write is nothing to sync");
        }
    }

    @Test
    void aFailedWriteOrSyncStopsTheLog() throws IOException {
        for (int operation = 0; operation < 2; operation++) {
            Path each = folder.resolve("operation" + operation);
            FaultyDisk faulty = new FaultyDisk();
            RaftLog log = Logs.open(each, faulty);
            append(log, null, command(1, 1, 10));
            faulty.failAfter(operation, "I/O error");
            assertEquals("I/O error",
                    assertThrows(IOException.class, () -> append(log, null, command(2, 1, 10))).getMessage());
            faulty.heal();
            long writes = faulty.writeCalls;
            IOException stopped = assertThrows(IOException.class, () -> append(log, null, command(2, 1, 10)));
            assertTrue(stopped.getMessage().contains("stopped by an earlier failure"), stopped.getMessage());
            assertEquals("I/O error", stopped.getCause().getMessage());
            assertEquals(1, log.lastIndex());
            assertEquals(1, readAll(log).size());
            log.close();
            assertEquals(writes, faulty.writeCalls, "a failed log is not even closed in writing");
            try (RaftLog again = Logs.open(each, faulty)) {
                assertTrue(again.lastIndex() == 1 || again.lastIndex() == 2);
            }
        }
    }

    @Test
    void aFullDiskStopsTheLogWhenItNeedsASegmentAndLeavesNoRubbish() throws IOException {
        RaftLog log = Logs.open(folder, new FullDisk(3));
        IOException full = assertThrows(IOException.class, () -> appendRange(log, 1, 1000, 1, 500));
        assertEquals(FULL, full.getMessage());
        long last = log.lastIndex();
        assertTrue(last > 30, "as far as the disk went: " + last);
        assertThrows(IOException.class, () -> append(log, null, command(last + 1, 1, 1)));
        assertEquals(last, readAll(log).size());
        log.close();
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(), files.filter(file -> file.toString().endsWith(".unfinished")).toList());
        }
        try (RaftLog again = Logs.open(folder)) {
            assertEquals(last, again.lastIndex());
            appendRange(again, last + 1, last + 100, 1, 500);
        }
    }

    /** Every segment here has its records at the same offsets, so a stale record lies just where a new one may end. */
    @Test
    void recordsOfARecycledFileNeverPassForNewOnes() throws IOException {
        int perSegment = (Logs.SMALL.segmentBytes() - SegmentHeader.BLOCK_BYTES - RecordHeader.BYTES)
                / (int) RecordHeader.sizeOnDisk(500);
        RaftLog log = Logs.open(folder);
        for (int count = 1; count <= 200; count++) {
            appendRange(log, count, count, 1, 500);
            log.trim(count);
            log.abandon();
            Path active = LogFolder.segments(folder).getLast();
            log = Logs.open(folder);
            assertEquals(count, log.lastIndex());
            if (count > 5 * perSegment && count % perSegment == 2) {
                byte[] bytes = Files.readAllBytes(active);
                int stale = SegmentHeader.BLOCK_BYTES + 3 * (int) RecordHeader.sizeOnDisk(500) + RecordHeader.BYTES;
                assertTrue(bytes[stale] != 0 || bytes[stale + 1] != 0, "the file was used before");
            }
        }
        log.close();
    }

    @Test
    void anAppendOfNothingNeedsNoDisk() throws IOException {
        try (RaftLog log = Logs.open(folder, disk)) {
            disk.failAfter(0, "I/O error");
            log.append(List.of(new Output.Append(1, List.of(), null, List.of())));
            disk.heal();
        }
    }

    /** Has room for so many files. */
    private static final class FullDisk implements Disk {
        private int room;

        FullDisk(int room) {
            this.room = room;
        }

        @Override
        public OpenFile create(Path path) throws IOException {
            OpenFile file = REAL.create(path);
            if (room-- > 0) {
                return file;
            }
            return new OpenFile() {
                @Override
                public void write(ByteBuffer source, long position) throws IOException {
                    throw new IOException(FULL);
                }

                @Override
                public int read(ByteBuffer target, long position) throws IOException {
                    return file.read(target, position);
                }

                @Override
                public void force(boolean metadata) throws IOException {
                    file.force(metadata);
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

        @Override
        public OpenFile open(Path path) throws IOException {
            return REAL.open(path);
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
    }
}
