package io.raftgres.node.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** A real disk of bounded size: growing files take space, and deleted files free it. */
final class TightDisk implements Disk {

    static final String FULL = "No space left on device";
    static final String QUOTA = "Disk quota exceeded";

    private long freeBytes;

    /** Message of a write that finds no space. */
    volatile String refusal = FULL;

    /** false: the disk always reports free space, as with a quota. */
    volatile boolean honest = true;

    /** Deleted files free no space, as when another program takes it at once. */
    volatile boolean contended;

    /** When set, creating a file fails with it. */
    volatile String broken;

    TightDisk(long freeBytes) {
        this.freeBytes = freeBytes;
    }

    synchronized void add(long bytes) {
        freeBytes += bytes;
    }

    private synchronized void grow(long bytes) throws IOException {
        if (bytes > freeBytes) {
            throw new IOException(refusal);
        }
        freeBytes -= bytes;
    }

    @Override
    public OpenFile create(Path path) throws IOException {
        if (broken != null) {
            throw new IOException(broken);
        }
        return new File(REAL.create(path));
    }

    @Override
    public OpenFile open(Path path) throws IOException {
        return new File(REAL.open(path));
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
        long bytes = Files.exists(path) ? Files.size(path) : 0;
        REAL.delete(path);
        add(contended ? 0 : bytes);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        REAL.syncDirectory(directory);
    }

    @Override
    public synchronized long usableBytes(Path directory) {
        return honest ? freeBytes : Long.MAX_VALUE;
    }

    private final class File implements OpenFile {
        private final OpenFile file;

        File(OpenFile file) {
            this.file = file;
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            grow(Math.max(0, position + source.remaining() - file.size()));
            file.write(source, position);
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
    }
}
