package io.raftgres.node.log;

import io.raftgres.raft.Entry;
import io.raftgres.raft.HardState;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Output;
import io.raftgres.raft.Restored;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;

/**
 * The replicated log and the hard state of one member on disk: the persistent state of the Raft paper's figure 2.
 *
 * <p>One thread appends; any thread reads; trimming may run at the same time. Entries can be read once they are
 * durable.
 *
 * <p>The log cuts records that a crash left incomplete, and refuses durable records that are no longer intact. Later
 * records and segments distinguish the two: they state which bytes were synced before them. One case cannot be
 * detected. Damage to the last synced group, with no record after it, looks like a write cut short by a crash. It is
 * noticed only when the state machine has already applied the missing entries ({@link #restored}), or by the peers'
 * hashes.
 */
public final class SegmentedLog implements AutoCloseable {

    private static final int DAMAGED_KEPT = 2;

    private final SegmentFiles files;

    private final LogView view;

    private final long incarnation;

    /** Serialises trims, which rename files. */
    private final Object trimming = new Object();

    /** Owned by the appending thread, as are the fields below. */
    private SegmentAppender appender;

    /** The newest segment, which the appender writes. */
    private Segment active;

    private final ByteBuffer buffer;

    /** Records written and not yet durable. */
    private final List<LogView.Durable> pending = new ArrayList<>();

    private long bytesWritten;
    private long syncNanos;
    private volatile boolean closed;

    /** The failure after which the log must not be written. */
    private volatile Throwable failure;

    /**
     * The cost of a group.
     *
     * @param bytes written, with headers
     * @param syncNanos time waiting for the disk's sync
     */
    public record Written(long bytes, long syncNanos) {}

    /**
     * Opens the log in {@code directory}, or begins a new one when there is none.
     *
     * @param bootstrap membership at index 0 of a new log, the same at every first member; ignored for an existing log
     * @throws LogDamagedException when durable data differs from the written data
     * @throws LogIdentityException when the log belongs to another cluster or member
     * @throws IOException when the directory is in use or the disk fails
     */
    public static SegmentedLog open(Path directory, LogIdentity identity, Membership bootstrap, LogOptions options)
            throws IOException {
        return open(directory, identity, bootstrap, options, Disk.REAL, LogStart.background());
    }

    /** @param background ended when the log is closed, or when this fails */
    static SegmentedLog open(
            Path directory,
            LogIdentity identity,
            Membership bootstrap,
            LogOptions options,
            Disk disk,
            ScheduledExecutorService background)
            throws IOException {
        return LogStart.open(directory, options, disk, background, files -> {
            Recovery.Recovered recovered = Recovery.run(disk, directory, identity);
            if (recovered == null) {
                return LogStart.begin(files, identity, 0, 0, HardState.INITIAL, bootstrap);
            }
            // Files of an interrupted reset: only now is it certain that their replacement is durable.
            files.remove(recovered.replaced());
            return new SegmentedLog(
                    files, recovered, files.resume(recovered.segments().getLast()));
        });
    }

    /**
     * Begins a log above entry {@code baseIndex}, as after a snapshot up to there.
     *
     * @param baseTerm term of that entry; 0 when {@code baseIndex} is 0
     * @param hardState its term is at least {@code baseTerm}
     * @param membership in force at {@code baseIndex}
     * @throws IOException when there is a log in {@code directory} already, the directory is in use or the disk fails
     */
    public static SegmentedLog create(
            Path directory,
            LogIdentity identity,
            long baseIndex,
            long baseTerm,
            HardState hardState,
            Membership membership,
            LogOptions options)
            throws IOException {
        return create(
                directory,
                identity,
                baseIndex,
                baseTerm,
                hardState,
                membership,
                options,
                Disk.REAL,
                LogStart.background());
    }

    static SegmentedLog create(
            Path directory,
            LogIdentity identity,
            long baseIndex,
            long baseTerm,
            HardState hardState,
            Membership membership,
            LogOptions options,
            Disk disk,
            ScheduledExecutorService background)
            throws IOException {
        LogStart.requireBase(baseIndex, baseTerm, hardState);
        return LogStart.open(directory, options, disk, background, files -> {
            if (!LogDirectory.segments(directory).isEmpty()) {
                throw new IOException("cannot create a log in " + directory + ": there is one already");
            }
            return LogStart.begin(files, identity, baseIndex, baseTerm, hardState, membership);
        });
    }

    SegmentedLog(SegmentFiles files, Recovery.Recovered recovered, Disk.OpenFile file) {
        this.files = files;
        this.view = new LogView(files.disk(), files.directory(), recovered.contents(), recovered.segments());
        this.active = recovered.segments().getLast();
        this.incarnation = active.header().incarnation();
        this.buffer = ByteBuffer.allocateDirect(files.options().bufferBytes());
        this.appender = new SegmentAppender(file, active.header(), recovered.end(), buffer);
    }

    /**
     * @return the owner of the log in the directory; empty when there is no log
     * @throws LogDamagedException when there are segments but none has an intact header
     */
    public static Optional<LogIdentity> identityOf(Path directory) throws IOException {
        return LogStart.identityOf(directory);
    }

    /**
     * Sets a damaged log aside for inspection: the directory is renamed to {@code DIRECTORY.damaged-TIME} (UTC). Of
     * such directories, the {@value #DAMAGED_KEPT} latest are kept. A new log in {@code directory} must not have the
     * old one's identity: the member's promises are lost.
     *
     * @return its new path
     * @throws IOException when the directory is in use, does not exist or cannot be renamed
     */
    public static Path setAside(Path directory) throws IOException {
        return LogDirectory.setAside(directory, "damaged", DAMAGED_KEPT);
    }

    /**
     * @param appliedIndex last index that the state machine has applied durably
     * @return the state from which the Raft core starts
     * @throws LogDamagedException when the state machine does not fit the log: it is ahead of the log's end, or the
     *     next entries that it needs were cut
     */
    public Restored restored(long appliedIndex) throws LogDamagedException {
        return view.restored(appliedIndex);
    }

    /** @return the state from which the core of a member without state starts */
    public Restored restoredWithoutState() {
        return view.restoredWithoutState();
    }

    /**
     * @return a number that identifies this log among all logs of the identity: a member with a wiped disk gets a new
     *     one
     */
    public long incarnation() {
        return incarnation;
    }

    /** @param index from one below the first to the last @return the membership in force at it */
    public Membership membershipAt(long index) {
        return view.membershipAt(index);
    }

    /** @return index of the first entry; the index after {@link #lastIndex} when there is none */
    public long firstIndex() {
        return view.firstIndex();
    }

    /** @return index of the last durable entry */
    public long lastIndex() {
        return view.lastIndex();
    }

    /** @return size of the segment files without spare ones */
    public long sizeBytes() {
        return view.sizeBytes();
    }

    /**
     * For cutting a log by size; cheap, any thread.
     *
     * @return the lowest first index at which the log's segments, without spare ones, have at most {@code maxBytes}.
     *     The newest segment always stays, however large
     */
    public long indexToKeepWithin(long maxBytes) {
        return view.indexToKeepWithin(maxBytes);
    }

    /** @return whether the log durably holds entry {@code index} with this term, or begins just after it */
    public boolean holds(long index, long term) {
        return view.holds(index, term);
    }

    /** Cheap, any thread: for alarms. */
    public LogSpace space() {
        return files.space();
    }

    /**
     * From now on an {@link #append} that finds no room, or waits for room, throws: its entries are not acknowledged.
     * Any thread.
     */
    public void waitNoMore() {
        files.waitNoMore();
    }

    /**
     * Appends the whole group and returns when it is durable. The first index of an append may be at or below
     * {@link #lastIndex}: it replaces the entries from there on. After a failure no more can be appended, because the
     * disk may have dropped the bytes that it reported as failed. One thread only.
     *
     * <p>A full disk is not a failure: this method waits until there is room, see {@link #space}.
     *
     * @throws IOException when the disk fails, now or earlier
     */
    public Written append(List<Output.Append> group) throws IOException {
        requireUsable();
        long before = bytesWritten;
        long nanosBefore = syncNanos;
        try {
            for (Output.Append append : group) {
                // The term comes first: a crash in between must not leave entries of a term that is not stored yet.
                if (append.hardState() != null) {
                    put(append.hardState());
                }
                for (Entry entry : append.entries()) {
                    put(entry);
                }
            }
            sync();
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
            throw e;
        }
        return new Written(bytesWritten - before, syncNanos - nanosBefore);
    }

    private void requireUsable() throws IOException {
        if (failure != null) {
            throw new IOException("the log in " + files.directory() + " was stopped by an earlier failure", failure);
        }
        if (closed) {
            throw new IOException("the log in " + files.directory() + " is closed");
        }
    }

    private void put(HardState hardState) throws IOException {
        if (!appender.fits(RecordHeader.sizeOnDisk(0))) {
            roll(0, RecordHeader.sizeOnDisk(0));
        }
        appender.putHardState(hardState.term(), hardState.votedFor());
        bytesWritten += RecordHeader.BYTES;
        pending.add(new LogView.Durable(null, 0, hardState));
    }

    private void put(Entry entry) throws IOException {
        long size = RecordHeader.sizeOnDisk(entry.data().length);
        // No entry is ever below its segment's first index: therefore any segment can be the oldest.
        if (!appender.fits(size) || entry.index() < active.firstIndex()) {
            roll(entry.index(), size);
        }
        pending.add(new LogView.Durable(entry, appender.put(entry), null));
        bytesWritten += size;
    }

    /** Makes all written records durable, then visible. */
    private void sync() throws IOException {
        appender.flush();
        long start = System.nanoTime();
        appender.force();
        syncNanos += System.nanoTime() - start;
        view.add(pending);
        pending.clear();
    }

    /**
     * Begins the next segment. @param index of the entry that comes first in it, 0 when the first record is not an
     * entry
     */
    private void roll(long index, long recordBytes) throws IOException {
        sync();
        SegmentHeader old = active.header();
        SegmentHeader header = view.ask(contents -> {
            long firstIndex = index == 0 ? contents.lastIndex() + 1 : index;
            Membership membership = contents.membershipAt(firstIndex - 1);
            return new SegmentHeader(
                    old.identity(),
                    old.salt(),
                    old.number() + 1,
                    files.capacity(SegmentHeader.sizeOnDisk(membership.encode()), recordBytes),
                    firstIndex,
                    contents.termAt(firstIndex - 1),
                    appender.position(),
                    contents.hardState(),
                    membership);
        });
        use(header, files.begin(header));
        view.continueIn(active);
    }

    private void use(SegmentHeader header, Disk.OpenFile file) throws IOException {
        appender.close();
        active = new Segment(files.path(header), header);
        appender = new SegmentAppender(file, header, header.sizeOnDisk(), buffer);
    }

    /**
     * Restarts the log above entry {@code baseIndex}, for a state machine that a snapshot brought there; that may be
     * far above {@link #lastIndex}. All old entries are dropped. Term and vote are kept (a term below {@code baseTerm}
     * is raised to it). After a crash, either the whole old log or the new one is there. For the appending thread,
     * while no other thread uses the log yet.
     *
     * @param baseTerm term of entry {@code baseIndex}
     * @param membership in force there
     * @throws IOException when the disk fails or has no room for a segment: this method does not wait for room
     */
    public void reset(long baseIndex, long baseTerm, Membership membership) throws IOException {
        requireUsable();
        try {
            sync();
            HardState hardState = view.ask(LogContents::hardState).atLeast(baseTerm);
            LogStart.requireBase(baseIndex, baseTerm, hardState);
            SegmentHeader old = active.header();
            SegmentHeader header = new SegmentHeader(
                    old.identity(),
                    old.salt(),
                    old.number() + 1,
                    files.capacity(SegmentHeader.sizeOnDisk(membership.encode()), 0),
                    baseIndex + 1,
                    baseTerm,
                    0,
                    hardState,
                    membership);
            use(header, files.beginAtOnce(header));
            files.remove(view.restartWith(active));
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
            throw e;
        }
    }

    /**
     * Removes segments whose entries are all below {@code below}. The entries from {@code below} on stay.
     *
     * @param below at most the state machine's durably applied index plus one
     * @return index of the first remaining entry
     */
    public long trim(long below) throws IOException {
        synchronized (trimming) {
            files.remove(view.trim(below));
            return firstIndex();
        }
    }

    /**
     * Reads entries; any thread.
     *
     * @param from first index
     * @param to last index wanted, inclusive
     * @param maxBytes bound of the result in bytes; it has at least one entry
     * @return consecutive entries from {@code from}; none when the log no longer has that entry or it is not durable
     *     yet
     * @throws LogDamagedException when an entry differs from the written one
     */
    public List<Entry> read(long from, long to, int maxBytes) throws IOException {
        if (from < 1 || to < from || maxBytes < 1) {
            throw new IllegalArgumentException("read from " + from + " to " + to + ", at most " + maxBytes + " bytes");
        }
        return view.read(from, to, maxBytes);
    }

    /** Records an orderly close in the log, and releases the directory. No thread may be appending. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        try {
            // If there is no room, the log already ends with such a record.
            if (failure == null && appender.fits(0)) {
                appender.putClosed();
                appender.flush();
                appender.force();
            }
        } finally {
            abandon();
        }
    }

    /** Releases all files without a closing record, as a crash would. */
    void abandon() throws IOException {
        closed = true;
        try (files) {
            appender.close();
        }
    }
}
