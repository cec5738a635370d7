package io.raftgres.node.log;

import io.raftgres.raft.Entry;
import io.raftgres.raft.HardState;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Restored;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** The durable content of a log, for any thread. Its lock is never held during disk input or output. */
final class LogView {

    /** A durable record: an entry with its position, or a hard state. The appending thread writes it. */
    record Durable(Entry entry, long position, HardState hardState) {}

    private final Disk disk;
    private final Path directory;
    private LogContents contents;
    private final SegmentList segments;

    /** Number of truncations: a reader that sees a change begins again. */
    private long truncations;

    LogView(Disk disk, Path directory, LogContents contents, List<Segment> segments) {
        this.disk = disk;
        this.directory = directory;
        this.contents = contents;
        this.segments = new SegmentList(segments);
    }

    /** @return the result of {@code question}, which must not keep its argument */
    synchronized <T> T ask(Function<LogContents, T> question) {
        return question.apply(contents);
    }

    synchronized Restored restoredWithoutState() {
        return contents.restored(Restored.NO_STATE);
    }

    synchronized Membership membershipAt(long index) {
        return contents.membershipAt(index);
    }

    synchronized Restored restored(long appliedIndex) throws LogDamagedException {
        if (appliedIndex > contents.lastIndex()) {
            throw new LogDamagedException(
                    directory,
                    "the state machine has applied entry " + appliedIndex + " but the log ends with "
                            + contents.lastIndex());
        }
        if (appliedIndex < contents.firstIndex() - 1) {
            throw new LogDamagedException(
                    directory,
                    "the state machine has applied only entry " + appliedIndex + " but the log begins with "
                            + contents.firstIndex());
        }
        return contents.restored(appliedIndex);
    }

    synchronized boolean holds(long index, long term) {
        return index >= contents.firstIndex() - 1 && index <= contents.lastIndex() && contents.termAt(index) == term;
    }

    synchronized long firstIndex() {
        return contents.firstIndex();
    }

    synchronized long lastIndex() {
        return contents.lastIndex();
    }

    synchronized long sizeBytes() {
        return segments.sizeBytes();
    }

    synchronized long indexToKeepWithin(long maxBytes) {
        return segments.indexToKeepWithin(maxBytes);
    }

    /** Adds records that are durable in the newest segment. */
    synchronized void add(List<Durable> records) {
        for (Durable record : records) {
            if (record.hardState != null) {
                contents.store(record.hardState);
            } else {
                truncations += contents.append(record.entry) ? 1 : 0;
                segments.last().positions().add(record.entry.index(), record.position);
            }
        }
    }

    /** Continues the log in this segment: older entries from its first index on are dropped. */
    synchronized void continueIn(Segment next) {
        if (next.firstIndex() <= contents.lastIndex()) {
            contents.truncateTo(next.firstIndex() - 1);
            truncations++;
        }
        segments.add(next);
    }

    /** Restarts the log with this segment. @return files that no longer belong to it, oldest first */
    synchronized List<Path> restartWith(Segment only) {
        contents = new LogContents(only.header());
        truncations++;
        segments.add(only);
        return paths(segments.dropAllButLast());
    }

    /**
     * Drops segments whose entries are all below {@code below}. @return files that no longer belong to the log, oldest
     * first
     */
    synchronized List<Path> trim(long below) {
        List<Segment> removed = segments.dropBelow(below);
        if (!removed.isEmpty()) {
            contents.trimTo(segments.first().header());
        }
        return paths(removed);
    }

    private static List<Path> paths(List<Segment> segments) {
        return segments.stream().map(Segment::path).toList();
    }

    List<Entry> read(long from, long to, int maxBytes) throws IOException {
        while (true) {
            long seen;
            long end;
            synchronized (this) {
                if (from < contents.firstIndex() || from > contents.lastIndex()) {
                    return List.of();
                }
                seen = truncations;
                end = Math.min(to, contents.lastIndex());
            }
            try {
                List<Entry> entries = new LogRead(disk, index -> locate(index, end, seen), maxBytes).run(from, end);
                if (entries != null) {
                    return entries;
                }
            } catch (IOException e) {
                synchronized (this) {
                    if (seen == truncations && from >= contents.firstIndex()) {
                        throw e;
                    }
                }
            }
        }
    }

    /** @return the position of {@code index}; null when the log has changed during the read */
    private synchronized LogRead.Run locate(long index, long end, long seenTruncations) {
        return truncations != seenTruncations || index < contents.firstIndex() ? null : segments.locate(index, end);
    }
}
