package io.raftgres.node.log;

import static io.raftgres.node.log.Logs.append;
import static io.raftgres.node.log.Logs.appendRange;
import static io.raftgres.node.log.Logs.command;
import static io.raftgres.node.log.Logs.readAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Entry;
import io.raftgres.raft.HardState;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Restored;
import io.raftgres.raft.Restored.TermStart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Appended entries are there, across segments, truncation, trimming and restarts. Only the owner can open the log. */
class SegmentedLogTest {

    @TempDir
    Path directory;

    @Test
    void aNewLogIsBlank() throws IOException {
        assertEquals(Optional.empty(), SegmentedLog.identityOf(directory));
        try (SegmentedLog log = Logs.open(directory)) {
            assertEquals(1, log.firstIndex());
            assertEquals(0, log.lastIndex());
            assertEquals(Restored.blank(Logs.BOOTSTRAP), log.restored(0));
            assertEquals(List.of(), log.read(1, 10, 100));
        }
        assertEquals(Optional.of(Logs.IDENTITY), SegmentedLog.identityOf(directory));
        try (SegmentedLog log = Logs.open(directory)) {
            assertEquals(Restored.blank(Logs.BOOTSTRAP), log.restored(0));
        }
    }

    @Test
    void entriesOverManySegmentsSurviveARestart() throws IOException {
        List<Entry> written = new ArrayList<>();
        Membership five = Logs.membership(5);
        try (SegmentedLog log = Logs.open(directory)) {
            append(log, new HardState(1, 2), Entry.noop(1, 1));
            written.add(Entry.noop(1, 1));
            for (int i = 2; i <= 300; i++) {
                Entry entry = i == 150
                        ? new Entry(i, 2, Entry.Kind.MEMBERSHIP, five.encode())
                        : command(i, i < 100 ? 1 : 2, (i * 37) % 900);
                append(log, null, entry);
                written.add(entry);
            }
            append(log, new HardState(3, 0));
            assertTrue(Logs.equal(written, readAll(log)));
        }
        assertTrue(segments().size() > 5, segments()::toString);
        try (SegmentedLog log = Logs.open(directory)) {
            assertTrue(Logs.equal(written, readAll(log)));
            Restored restored = log.restored(40);
            assertEquals(new HardState(3, 0), restored.hardState());
            assertEquals(List.of(new TermStart(1, 1), new TermStart(100, 2)), restored.terms());
            assertEquals(1, restored.memberships().size());
            assertTrue(Logs.equal(written.get(149), restored.memberships().getFirst()));
            assertEquals(300, restored.lastIndex());
            assertEquals(40, restored.appliedIndex());
        }
    }

    @Test
    void anyRangeCanBeReadWithinItsLimits() throws IOException {
        try (SegmentedLog log = Logs.open(directory)) {
            appendRange(log, 1, 200, 1, 300);
            for (int from = 1; from <= 200; from++) {
                List<Entry> entries = log.read(from, Math.min(from + 70, 210), 5_000);
                assertTrue(Logs.equal(command(from, 1, 300), entries.getFirst()));
                assertEquals(Math.min(5_000 / 332, 201 - from), entries.size());
                assertEquals(1, log.read(from, 200, 1).size());
            }
            assertThrows(IllegalArgumentException.class, () -> log.read(5, 4, 100));
        }
    }

    @Test
    void aSuffixIsReplacedHereAndInEarlierSegments() throws IOException {
        try (SegmentedLog log = Logs.open(directory)) {
            appendRange(log, 1, 200, 1, 300);
            appendRange(log, 195, 200, 2, 10);
            append(log, new HardState(3, 1), command(20, 3, 100), command(21, 3, 100));
            appendRange(log, 22, 120, 3, 200);
            appendRange(log, 100, 100, 4, 5);
        }
        try (SegmentedLog log = Logs.open(directory)) {
            assertEquals(100, log.lastIndex());
            List<Entry> entries = readAll(log);
            for (int i = 1; i <= 100; i++) {
                Entry expected = i < 20
                        ? command(i, 1, 300)
                        : i < 22 ? command(i, 3, 100) : i < 100 ? command(i, 3, 200) : command(i, 4, 5);
                assertTrue(Logs.equal(expected, entries.get(i - 1)), "entry " + i);
            }
            assertEquals(
                    List.of(new TermStart(1, 1), new TermStart(20, 3), new TermStart(100, 4)),
                    log.restored(0).terms());
            // Segments that hold nothing but replaced entries go with those before them.
            assertEquals(20, log.trim(60));
            assertTrue(log.trim(90) > 20);
        }
        try (SegmentedLog log = Logs.open(directory)) {
            Entry first = log.read(log.firstIndex(), log.lastIndex(), 1).getFirst();
            assertTrue(Logs.equal(command(first.index(), 3, 200), first));
            assertEquals(3, log.restored(log.lastIndex()).baseTerm());
        }
    }

    @Test
    void trimmingKeepsLaterEntriesAndReusesFiles() throws IOException {
        Membership four = Logs.membership(4);
        try (SegmentedLog log = Logs.open(directory)) {
            append(log, new HardState(1, 1), new Entry(1, 1, Entry.Kind.MEMBERSHIP, four.encode()));
            for (int round = 0; round < 20; round++) {
                appendRange(log, log.lastIndex() + 1, log.lastIndex() + 50, 1 + round / 3, 400);
                long below = log.lastIndex() - 20;
                long first = log.trim(below);
                assertEquals(first, log.firstIndex());
                assertTrue(first <= below && first > below - 80, first + " of " + below);
                assertEquals(List.of(), log.read(first - 1, first, 100));
                assertEquals(first, log.read(first, first, 100).getFirst().index());
                try (Stream<Path> files = Files.list(directory)) {
                    assertTrue(files.count() <= 9);
                }
            }
            assertEquals(log.firstIndex(), log.trim(1));
        }
        try (SegmentedLog log = Logs.open(directory)) {
            assertEquals(1001, log.lastIndex());
            assertEquals(1001 - log.firstIndex() + 1, readAll(log).size());
            Restored restored = log.restored(990);
            assertEquals(four, restored.baseMembership());
            assertEquals(List.of(), restored.memberships());
            assertEquals(log.firstIndex() - 1, restored.baseIndex());
            assertEquals(log.firstIndex(), restored.terms().getFirst().index());
            assertEquals(new HardState(1, 1), restored.hardState());
        }
    }

    @Test
    void aStateMachineOutsideTheLogIsRefused() throws IOException {
        try (SegmentedLog log = Logs.open(directory)) {
            appendRange(log, 1, 200, 1, 400);
            log.trim(150);
            assertTrue(assertThrows(LogDamagedException.class, () -> log.restored(201))
                    .getMessage()
                    .contains("applied entry 201 but the log ends with 200"));
            assertThrows(LogDamagedException.class, () -> log.restored(3));
        }
    }

    @Test
    void anEntryLargerThanASegmentGetsItsOwn() throws IOException {
        try (SegmentedLog log = Logs.open(directory)) {
            append(log, null, command(1, 1, 100), command(2, 1, 100_000), command(3, 1, 100), command(4, 1, 50_000));
            append(log, null, command(5, 1, 7));
            assertTrue(log.sizeBytes() > 150_000);
        }
        try (SegmentedLog log = Logs.open(directory)) {
            assertTrue(Logs.equal(
                    List.of(
                            command(1, 1, 100),
                            command(2, 1, 100_000),
                            command(3, 1, 100),
                            command(4, 1, 50_000),
                            command(5, 1, 7)),
                    readAll(log)));
            log.trim(5);
            appendRange(log, 6, 200, 1, 400);
        }
        Logs.open(directory).close();
    }

    @Test
    void anotherMembersOrClustersLogIsRefused() throws IOException {
        Logs.open(directory).close();
        for (LogIdentity other : List.of(new LogIdentity(0xc2, 0xa1), new LogIdentity(0xc1, 0xa2))) {
            LogIdentityException refused = assertThrows(
                    LogIdentityException.class, () -> SegmentedLog.open(directory, other, Logs.BOOTSTRAP, Logs.SMALL));
            assertTrue(refused.getMessage().contains("belongs to cluster c1, member a1"), refused.getMessage());
        }
        Logs.open(directory).close();
    }

    @Test
    void aSecondWriterIsKeptOut() throws IOException {
        try (SegmentedLog log = Logs.open(directory)) {
            IOException refused = assertThrows(IOException.class, () -> Logs.open(directory));
            assertTrue(refused.getMessage().contains("is in use"), refused.getMessage());
            append(log, null, command(1, 1, 1));
        }
        Logs.open(directory).close();
    }

    @Test
    void anEntryThatDoesNotFitTheLogStopsIt() throws IOException {
        SegmentedLog log = Logs.open(directory);
        appendRange(log, 1, 3, 2, 10);
        assertThrows(IllegalStateException.class, () -> append(log, null, command(5, 2, 1)));
        assertThrows(IOException.class, () -> append(log, null, command(4, 2, 1)));
        log.close();
    }

    @Test
    void nothingIsAppendedAfterClosing() throws IOException {
        SegmentedLog log = Logs.open(directory);
        log.close();
        log.close();
        assertThrows(IOException.class, () -> append(log, null, command(1, 1, 1)));
        assertFalse(segments().isEmpty());
    }

    @Test
    void aFullSegmentCanBeClosedAnyNumberOfTimes() throws IOException {
        int room = Logs.SMALL.segmentBytes() - SegmentHeader.BLOCK_BYTES;
        Entry almostAll = command(1, 1, room - 3 * RecordHeader.BYTES - RecordHeader.ALIGNMENT);
        try (SegmentedLog log = Logs.open(directory)) {
            append(log, null, almostAll);
        }
        for (int i = 0; i < 5; i++) {
            Logs.open(directory).close();
        }
        assertEquals(1, segments().size());
        try (SegmentedLog log = Logs.open(directory)) {
            append(log, new HardState(1, 1), command(2, 1, 1));
        }
        try (SegmentedLog log = Logs.open(directory)) {
            assertTrue(Logs.equal(List.of(almostAll, command(2, 1, 1)), readAll(log)));
            assertEquals(new HardState(1, 1), log.restored(1).hardState());
        }
    }

    @Test
    void theBackgroundPreparesRealSegments() throws IOException {
        LogOptions options = new LogOptions(4 << 20, 2, 64 << 10);
        try (SegmentedLog log = SegmentedLog.open(directory, Logs.IDENTITY, Logs.BOOTSTRAP, options)) {
            appendRange(log, 1, 20, 1, 1 << 20);
        }
        try (SegmentedLog log = SegmentedLog.open(directory, Logs.IDENTITY, Logs.BOOTSTRAP, options)) {
            assertEquals(20, readAll(log).size());
        }
    }

    private List<Path> segments() throws IOException {
        return LogDirectory.segments(directory);
    }
}
