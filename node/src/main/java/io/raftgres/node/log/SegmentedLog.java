package io.raftgres.node.log;

import io.raftgres.raft.Entry;
import io.raftgres.raft.HardState;
import io.raftgres.raft.Member;
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
 * The replicated log and the hard state of one member on disk: what the Raft paper's figure 2 calls persistent state.
 *
 * <p>One thread appends; any thread reads; trimming may run beside both. Entries can be read once they are durable.
 *
 * <p>What a crash leaves incomplete is cut, what was durable and is no longer whole is refused. The two are told apart
 * by what later records and segments say was synced before them. One case cannot be told: damage to the very last group
 * that was synced, with nothing written after it, looks like a write cut short. It is noticed only when the state
 * machine has already applied entries that are then missing ({@link #restored}), or by the peers' hashes.
 */
public final class SegmentedLog implements AutoCloseable {

    private static final int DAMAGED_KEPT = 2;

    private final SegmentFiles files;

    private final LogView view;

    private final long incarnation;

    /** Serialises trims, which rename files. */
    private final Object trimming = new Object();

    /** Owned by the appending thread, as the fields below. */
    private SegmentAppender appender;

    /** The newest segment, which the appender writes. */
    private Segment active;

    private final ByteBuffer buffer;

    /** Written and not yet durable. */
    private final List<LogView.Durable> pending = new ArrayList<>();

    private long bytesWritten;
    private long syncNanos;
    private volatile boolean closed;

    /** Why the log must not be written any more. */
    private volatile Throwable failure;

    /**
     * What a group cost.
     *
     * @param bytes written, with headers
     * @param syncNanos spent waiting for the disk's sync
     */
    public record Written(long bytes, long syncNanos) {}

    /**
     * Opens the log in {@code directory}, or begins one when there is none.
     *
     * @param bootstrap membership at index 0 of a new log, the same at every first member; not used for an old one
     * @throws LogDamagedException when durable data is no longer what was written
     * @throws LogIdentityException when the log is that of another cluster or member
     * @throws IOException when the folder is in use or the disk fails
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
            // Of a reset that was interrupted; only now is it certain that what replaced them is durable.
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
     * @throws IOException when there is a log in {@code directory} already, the folder is in use or the disk fails
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
            if (!LogFolder.segments(directory).isEmpty()) {
                throw new IOException("there is a log in " + directory + " already");
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
     * @return whose log is in the folder; empty when there is none
     * @throws LogDamagedException when there are segments but none has a whole header
     */
    public static Optional<LogIdentity> identityOf(Path directory) throws IOException {
        return LogStart.identityOf(directory);
    }

    /**
     * Puts a log that is not to be used any more aside, for a person to look at: the folder gets the name
     * {@code FOLDER.damaged-TIME} (UTC). Of such folders the {@value #DAMAGED_KEPT} latest are kept. A log that is
     * begun in {@code directory} afterwards must not have the old one's identity: what the member promised is gone.
     *
     * @return where it is now
     * @throws IOException when the folder is in use, not there or cannot be renamed
     */
    public static Path setAside(Path directory) throws IOException {
        return LogFolder.setAside(directory, "damaged", DAMAGED_KEPT);
    }

    /**
     * @param appliedIndex what the state machine has applied durably
     * @return what the Raft core starts from
     * @throws LogDamagedException when the state machine is not within the log: it was ahead of what the log still
     *     has, or the entries it needs next are gone
     */
    public Restored restored(long appliedIndex) throws LogDamagedException {
        return view.restored(appliedIndex);
    }

    /** @return what the core of a member without state starts from */
    public Restored restoredWithoutState() {
        return view.restoredWithoutState();
    }

    /** @return a number that no other log of this identity has: a member whose disk was wiped comes with another one */
    public long incarnation() {
        return incarnation;
    }

    /** @param index from one below the first to the last @return the membership in force at it */
    public Membership membershipAt(long index) {
        return view.membershipAt(index);
    }

    /** @return index of the first entry; one above {@link #lastIndex} when there is none */
    public long firstIndex() {
        return view.firstIndex();
    }

    /** @return index of the last durable entry */
    public long lastIndex() {
        return view.lastIndex();
    }

    /** @return size of the segment files, spare ones aside */
    public long sizeBytes() {
        return view.sizeBytes();
    }

    /**
     * For cutting a log by size; cheap, any thread.
     *
     * @return the lowest first index with which the log's segments, spare ones aside, are at most {@code maxBytes}
     *     large. The segment that is written always stays, however large
     */
    public long indexToKeepWithin(long maxBytes) {
        return view.indexToKeepWithin(maxBytes);
    }

    /** @return whether the log has durably an entry {@code index} with this term, or begins just after it */
    public boolean holds(long index, long term) {
        return view.holds(index, term);
    }

    /** Cheap, any thread: for alarms. */
    public LogSpace space() {
        return files.space();
    }

    /**
     * From now on an {@link #append} that finds no room, or waits for some, throws: what it was to write is not
     * acknowledged. Any thread.
     */
    public void waitNoMore() {
        files.waitNoMore();
    }

    /**
     * Appends all of the group and returns when it is durable. The first index of an append may be at or below
     * {@link #lastIndex}: the entries from there on are replaced. After a failure nothing can be appended any more,
     * because the disk may have dropped what it reported as failed. One thread only.
     *
     * <p>A full disk is no failure: this waits until there is room, see {@link #space}.
     *
     * @throws IOException when the disk fails, now or earlier
     */
    public Written append(List<Output.Append> group) throws IOException {
        requireUsable();
        long before = bytesWritten;
        long nanosBefore = syncNanos;
        try {
            for (Output.Append append : group) {
                // The term comes first: a crash in the middle must not leave entries of a term not yet stored.
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
        // No entry is ever below its segment's first index: that is what lets any segment be the oldest.
        if (!appender.fits(size) || entry.index() < active.firstIndex()) {
            roll(entry.index(), size);
        }
        pending.add(new LogView.Durable(entry, appender.put(entry), null));
        bytesWritten += size;
    }

    /** Makes all that was put durable, then visible. */
    private void sync() throws IOException {
        appender.flush();
        long start = System.nanoTime();
        appender.force();
        syncNanos += System.nanoTime() - start;
        view.add(pending);
        pending.clear();
    }

    /** Begins the next segment. @param index of the entry that comes first in it, 0 when that is no entry */
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
        view.goOn(active);
    }

    private void use(SegmentHeader header, Disk.OpenFile file) throws IOException {
        appender.close();
        active = new Segment(files.path(header), header);
        appender = new SegmentAppender(file, header, header.sizeOnDisk(), buffer);
    }

    /**
     * Begins the log anew above entry {@code baseIndex}, for a state machine that a snapshot brought there; that may be
     * far above {@link #lastIndex}. Nothing of the old entries counts any more. Term and vote are kept (a term below
     * {@code baseTerm} is raised to it). After a crash the old log is there, whole, or the new one. For the thread that
     * appends, when nothing else uses the log yet.
     *
     * @param baseTerm term of entry {@code baseIndex}
     * @param membership in force there
     * @throws IOException when the disk fails, or has no room for a segment: this does not wait for it
     */
    public void reset(long baseIndex, long baseTerm, Membership membership) throws IOException {
        requireUsable();
        try {
            sync();
            HardState kept = view.ask(LogContents::hardState);
            HardState hardState = kept.term() >= baseTerm ? kept : new HardState(baseTerm, Member.NONE);
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
            files.remove(view.beginAnew(active));
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
            throw e;
        }
    }

    /**
     * Removes segments all of whose entries are below {@code below}. The entries from {@code below} on stay.
     *
     * @param below not above what the state machine has applied durably, plus one
     * @return index of the first entry that is left
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
     * @param maxBytes answers with fewer entries when they are larger than this, but with at least one
     * @return consecutive entries from {@code from}; none when the log does not have it (any more) or it is not yet
     *     durable
     * @throws LogDamagedException when an entry is no longer what was written
     */
    public List<Entry> read(long from, long to, int maxBytes) throws IOException {
        if (from < 1 || to < from || maxBytes < 1) {
            throw new IllegalArgumentException("read from " + from + " to " + to + ", at most " + maxBytes + " bytes");
        }
        return view.read(from, to, maxBytes);
    }

    /** Says in the log that it was closed in order, and lets go of the folder. Nothing may be appending any more. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        try {
            // Without room there is such a record already, and nothing has been written after it.
            if (failure == null && appender.fits(0)) {
                appender.putClosed();
                appender.flush();
                appender.force();
            }
        } finally {
            abandon();
        }
    }

    /** Lets go of everything without a word in the log, as a crash would. */
    void abandon() throws IOException {
        closed = true;
        try (files) {
            appender.close();
        }
    }
}
