package io.raftgres.node.log;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A real disk that can fail at any of its operations. A crash loses data that was not synced: any sectors of the writes
 * since a file's last sync, and any number of the last renames, creations and deletions of a directory.
 */
final class FaultyDisk implements Disk {

    private static final int SECTOR_BYTES = 512;

    /** Content of a file before a write that is not synced yet. */
    private record Unsynced(long position, byte[] before) {}

    private final Map<Path, List<Unsynced>> writes = new HashMap<>();
    private final List<Undo> directoryChanges = new ArrayList<>();
    private long operations;
    private long failAt = Long.MAX_VALUE;
    private String failure = "";
    long syncs;
    long writeCalls;

    /** A file with a sector that cannot be read any more; null when there is none. */
    Path unreadable;

    private interface Undo {
        void run() throws IOException;
    }

    /** The operation after the next {@code count} fails, and so do all after it. */
    void failAfter(long count, String message) {
        failAt = operations + count;
        failure = message;
    }

    /** No further operation fails. */
    void heal() {
        failAt = Long.MAX_VALUE;
    }

    boolean failed() {
        return operations > failAt;
    }

    private void operate() throws IOException {
        if (operations++ >= failAt) {
            operations = Math.max(operations, failAt + 1);
            throw new IOException(failure);
        }
    }

    /** The machine crashes and starts again: some unsynced data is lost. */
    void crash(Random random) throws IOException {
        for (Map.Entry<Path, List<Unsynced>> file : writes.entrySet()) {
            try (RandomAccessFile raw = new RandomAccessFile(file.getKey().toFile(), "rw")) {
                // 0: nothing reached the disk, 1: all did, else some sectors.
                int luck = random.nextInt(4);
                for (Unsynced write : file.getValue().reversed()) {
                    restore(raw, write, luck, random);
                }
            }
        }
        int lost = random.nextInt(directoryChanges.size() + 1);
        for (Undo undo : directoryChanges.reversed().subList(0, lost)) {
            undo.run();
        }
        writes.clear();
        directoryChanges.clear();
        heal();
    }

    private static void restore(RandomAccessFile raw, Unsynced write, int luck, Random random) throws IOException {
        int at = 0;
        while (at < write.before.length) {
            long position = write.position + at;
            int length = (int) Math.min(SECTOR_BYTES - position % SECTOR_BYTES, write.before.length - at);
            if (luck == 0 || luck > 1 && random.nextBoolean()) {
                raw.seek(position);
                raw.write(write.before, at, length);
            }
            at += length;
        }
    }

    @Override
    public OpenFile create(Path path) throws IOException {
        operate();
        OpenFile file = REAL.create(path);
        directoryChanges.add(() -> Files.deleteIfExists(path));
        return new FaultyFile(file, writes.computeIfAbsent(path, p -> new ArrayList<>()));
    }

    @Override
    public OpenFile open(Path path) throws IOException {
        operate();
        return new FaultyFile(REAL.open(path), writes.computeIfAbsent(path, p -> new ArrayList<>()));
    }

    @Override
    public OpenFile openToRead(Path path) throws IOException {
        OpenFile file = REAL.openToRead(path);
        return path.equals(unreadable) ? new UnreadableFile(file) : file;
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        operate();
        REAL.move(from, to);
        List<Unsynced> unsynced = writes.remove(from);
        if (unsynced != null) {
            writes.put(to, unsynced);
        }
        directoryChanges.add(() -> REAL.move(to, from));
    }

    @Override
    public void delete(Path path) throws IOException {
        operate();
        if (!Files.exists(path)) {
            return;
        }
        byte[] content = Files.readAllBytes(path);
        REAL.delete(path);
        writes.remove(path);
        directoryChanges.add(() -> Files.write(path, content));
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        operate();
        directoryChanges.clear();
    }

    @Override
    public long usableBytes(Path directory) {
        return REAL.usableBytes(directory);
    }

    private record UnreadableFile(OpenFile file) implements OpenFile {
        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            file.write(source, position);
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            throw new IOException("Input/output error");
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
    }

    /** Syncs nothing for real: the test's own machine does not go down. */
    private final class FaultyFile implements OpenFile {
        private final OpenFile file;
        private final List<Unsynced> unsynced;

        FaultyFile(OpenFile file, List<Unsynced> unsynced) {
            this.file = file;
            this.unsynced = unsynced;
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            writeCalls++;
            ByteBuffer before = ByteBuffer.allocate(source.remaining());
            while (before.hasRemaining() && file.read(before, position + before.position()) >= 0) {
                continue;
            }
            boolean fails = operations >= failAt;
            if (fails) {
                // A write that fails may have written some of it.
                source.limit(source.position() + source.remaining() / 2);
            }
            unsynced.add(new Unsynced(position, before.array()));
            file.write(source, position);
            operate();
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        public void force(boolean metadata) throws IOException {
            operate();
            syncs++;
            unsynced.clear();
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
