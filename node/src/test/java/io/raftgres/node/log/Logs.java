package io.raftgres.node.log;

import io.raftgres.raft.Entry;
import io.raftgres.raft.HardState;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Helpers of the log's tests. */
final class Logs {

    static final LogIdentity IDENTITY = new LogIdentity(0xc1, 0xa1);
    static final Membership BOOTSTRAP = membership(3);
    static final LogOptions SMALL = new LogOptions(16 << 10, 3, 4096);

    private Logs() {}

    static Membership membership(int voters) {
        List<Member> members = new ArrayList<>();
        for (int i = 1; i <= voters; i++) {
            members.add(new Member(i, "node" + i, true, "127.0.0.1:" + (9000 + i), "http://127.0.0.1:" + (8000 + i)));
        }
        return Membership.of(members);
    }

    static SegmentedLog open(Path directory) throws IOException {
        return open(directory, Disk.REAL);
    }

    /** Files are prepared in the calling thread, so that a test does the same every time. */
    static SegmentedLog open(Path directory, Disk disk) throws IOException {
        return SegmentedLog.open(directory, IDENTITY, BOOTSTRAP, SMALL, disk, new SameThread());
    }

    /** @return a command whose bytes follow from index, term and size */
    static Entry command(long index, long term, int size) {
        byte[] data = new byte[size];
        new Random(index * 31 + term).nextBytes(data);
        return new Entry(index, term, Entry.Kind.COMMAND, data);
    }

    static Output.Append append(HardState hardState, Entry... entries) {
        return new Output.Append(1, List.of(entries), hardState, List.of());
    }

    static void append(SegmentedLog log, HardState hardState, Entry... entries) throws IOException {
        log.append(List.of(append(hardState, entries)));
    }

    static void appendRange(SegmentedLog log, long from, long to, long term, int size) throws IOException {
        for (long index = from; index <= to; index++) {
            append(log, null, command(index, term, size));
        }
    }

    static List<Entry> readAll(SegmentedLog log) throws IOException {
        List<Entry> entries = new ArrayList<>();
        while (log.firstIndex() + entries.size() <= log.lastIndex()) {
            List<Entry> more = log.read(log.firstIndex() + entries.size(), log.lastIndex(), 10_000);
            if (more.isEmpty()) {
                throw new AssertionError("nothing at " + (log.firstIndex() + entries.size()));
            }
            entries.addAll(more);
        }
        return entries;
    }

    static boolean equal(Entry a, Entry b) {
        return a.index() == b.index()
                && a.term() == b.term()
                && a.kind() == b.kind()
                && Arrays.equals(a.data(), b.data());
    }

    static boolean equal(List<Entry> a, List<Entry> b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            if (!equal(a.get(i), b.get(i))) {
                return false;
            }
        }
        return true;
    }

    static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> old = Files.list(to)) {
            for (Path file : old.toList()) {
                Files.delete(file);
            }
        }
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    /** Runs what it is given at once; delayed tasks on command. */
    static final class SameThread extends AbstractExecutorService implements ScheduledExecutorService {
        private volatile boolean shutdown;
        private final List<Runnable> later = new CopyOnWriteArrayList<>();

        /** Time has passed: runs what was for later, once. @return how many */
        int runLater() {
            List<Runnable> due = List.copyOf(later);
            later.removeAll(due);
            due.forEach(Runnable::run);
            return due.size();
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
            later.add(command);
            return null;
        }

        @Override
        public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long first, long period, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long first, long delay, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void execute(Runnable command) {
            command.run();
        }

        @Override
        public void shutdown() {
            shutdown = true;
        }

        @Override
        public List<Runnable> shutdownNow() {
            shutdown = true;
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return shutdown;
        }

        @Override
        public boolean isTerminated() {
            return shutdown;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return shutdown;
        }
    }
}
