package io.raftgres.node.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** The disk operations of the log, in one place so that tests can make each of them fail. */
interface Disk {

    Disk REAL = new Disk() {
        @Override
        public OpenFile create(Path path) throws IOException {
            return new ChannelFile(FileChannel.open(
                    path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE));
        }

        @Override
        public OpenFile open(Path path) throws IOException {
            return new ChannelFile(FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
        }

        @Override
        public OpenFile openToRead(Path path) throws IOException {
            return new ChannelFile(FileChannel.open(path, StandardOpenOption.READ));
        }

        @Override
        public void move(Path from, Path to) throws IOException {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        }

        @Override
        public void delete(Path path) throws IOException {
            Files.deleteIfExists(path);
        }

        @Override
        public void syncDirectory(Path directory) throws IOException {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }

        @Override
        public long usableBytes(Path directory) {
            return directory.toFile().getUsableSpace();
        }
    };

    /** @return a new file; fails when the file exists */
    OpenFile create(Path path) throws IOException;

    OpenFile open(Path path) throws IOException;

    OpenFile openToRead(Path path) throws IOException;

    /** Renames atomically; durable after {@link #syncDirectory}. */
    void move(Path from, Path to) throws IOException;

    void delete(Path path) throws IOException;

    /** Makes creations, renames and deletions in the directory durable. */
    void syncDirectory(Path directory) throws IOException;

    /** @return bytes that this process may still write on the disk of {@code directory}, as far as known */
    long usableBytes(Path directory);

    /** An open file. */
    interface OpenFile extends Closeable {
        /** Writes all remaining bytes of {@code source}. */
        void write(ByteBuffer source, long position) throws IOException;

        /** @return bytes read, at least one unless the target is full; -1 at the end of the file */
        int read(ByteBuffer target, long position) throws IOException;

        /** fdatasync, or with {@code metadata} fsync. */
        void force(boolean metadata) throws IOException;

        long size() throws IOException;
    }

    /** The real file. */
    record ChannelFile(FileChannel channel) implements OpenFile {
        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            long at = position;
            while (source.hasRemaining()) {
                at += channel.write(source, at);
            }
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return channel.read(target, position);
        }

        @Override
        public void force(boolean metadata) throws IOException {
            channel.force(metadata);
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
