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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A failing disk stops the log permanently, and the former content of a file never becomes visible. */
class DiskFailureTest {

    @TempDir
    Path directory;

    private final FaultyDisk disk = new FaultyDisk();

    @Test
    void aGroupIsOneWriteAndOneSync() throws IOException {
        try (SegmentedLog log = Logs.open(directory, disk)) {
            long syncs = disk.syncs;
            long writes = disk.writeCalls;
            SegmentedLog.Written written = log.append(List.of(
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
            Path each = directory.resolve("operation" + operation);
            FaultyDisk faulty = new FaultyDisk();
            SegmentedLog log = Logs.open(each, faulty);
            append(log, null, command(1, 1, 10));
            faulty.failAfter(operation, "I/O error");
            assertEquals(
                    "I/O error",
                    assertThrows(IOException.class, () -> append(log, null, command(2, 1, 10)))
                            .getMessage());
            faulty.heal();
            long writes = faulty.writeCalls;
            IOException stopped = assertThrows(IOException.class, () -> append(log, null, command(2, 1, 10)));
            assertTrue(stopped.getMessage().contains("stopped by an earlier failure"), stopped.getMessage());
            assertEquals("I/O error", stopped.getCause().getMessage());
            assertEquals(1, log.lastIndex());
            assertEquals(1, readAll(log).size());
            log.close();
            assertEquals(writes, faulty.writeCalls, "a failed log is not even closed in writing");
            try (SegmentedLog again = Logs.open(each, faulty)) {
                assertTrue(again.lastIndex() == 1 || again.lastIndex() == 2);
            }
        }
    }

    /** Every segment here has its records at the same offsets, so a stale record lies just where a new one may end. */
    @Test
    void recordsOfARecycledFileNeverPassForNewOnes() throws IOException {
        int perSegment = (Logs.SMALL.segmentBytes() - SegmentHeader.BLOCK_BYTES - RecordHeader.BYTES)
                / (int) RecordHeader.sizeOnDisk(500);
        SegmentedLog log = Logs.open(directory);
        for (int count = 1; count <= 200; count++) {
            appendRange(log, count, count, 1, 500);
            log.trim(count);
            log.abandon();
            Path active = LogDirectory.segments(directory).getLast();
            log = Logs.open(directory);
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
        try (SegmentedLog log = Logs.open(directory, disk)) {
            disk.failAfter(0, "I/O error");
            log.append(List.of(new Output.Append(1, List.of(), null, List.of())));
            disk.heal();
        }
    }
}
