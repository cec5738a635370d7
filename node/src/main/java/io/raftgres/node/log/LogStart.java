package io.raftgres.node.log;

import io.raftgres.raft.HardState;
import io.raftgres.raft.Membership;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;

/** Opens and creates logs. */
final class LogStart {

    private LogStart() {}

    /** Creates a log object from the files of a locked directory. */
    interface Opening {
        SegmentedLog of(SegmentFiles files) throws IOException;
    }

    /** @return one thread that prepares files; closing it drops delayed work */
    static ScheduledExecutorService background() {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(
                1,
                Thread.ofPlatform().daemon().name("raft-log-prepare").factory(),
                new ThreadPoolExecutor.DiscardPolicy());
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return executor;
    }

    static SegmentedLog open(
            Path directory, LogOptions options, Disk disk, ScheduledExecutorService background, Opening opening)
            throws IOException {
        LogDirectory locked = null;
        SegmentFiles files = null;
        try {
            locked = LogDirectory.lock(directory);
            files = new SegmentFiles(disk, locked, options, background);
            return opening.of(files);
        } catch (IOException | RuntimeException | Error e) {
            if (files != null) {
                files.close();
            } else {
                background.close();
                if (locked != null) {
                    locked.close();
                }
            }
            throw e;
        }
    }

    /** @throws IOException when there is no room: a new log does not wait for room */
    static SegmentedLog begin(
            SegmentFiles files,
            LogIdentity identity,
            long baseIndex,
            long baseTerm,
            HardState hardState,
            Membership membership)
            throws IOException {
        SegmentHeader header = new SegmentHeader(
                identity,
                new SecureRandom().nextLong(),
                1,
                files.capacity(SegmentHeader.sizeOnDisk(membership.encode()), 0),
                baseIndex + 1,
                baseTerm,
                0,
                hardState,
                membership);
        Segment segment = new Segment(files.path(header), header);
        Disk.OpenFile file = files.beginAtOnce(header);
        return new SegmentedLog(
                files,
                new Recovery.Recovered(new LogContents(header), List.of(segment), header.sizeOnDisk(), List.of()),
                file);
    }

    static void requireBase(long baseIndex, long baseTerm, HardState hardState) {
        boolean sound = baseIndex == 0 ? baseTerm == 0 : baseIndex > 0 && baseTerm > 0;
        if (!sound || hardState.term() < baseTerm) {
            throw new IllegalArgumentException(
                    "a log above entry " + baseIndex + " of term " + baseTerm + " is inconsistent with " + hardState);
        }
    }

    static Optional<LogIdentity> identityOf(Path directory) throws IOException {
        LogDamagedException damaged = null;
        for (Path path : LogDirectory.segments(directory)) {
            try {
                return Optional.of(SegmentHeader.read(Disk.REAL, path).identity());
            } catch (LogDamagedException e) {
                damaged = damaged == null ? e : damaged;
            }
        }
        if (damaged != null) {
            throw damaged;
        }
        return Optional.empty();
    }
}
