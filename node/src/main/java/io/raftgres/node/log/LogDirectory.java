package io.raftgres.node.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.Stream;

/** The log's directory: names of its files, and the lock that excludes a second process. */
final class LogDirectory implements Closeable {

    private static final String SEGMENT = "segment-";
    private static final String SPARE = "spare-";
    private static final String SUFFIX = ".log";

    /** A spare that is not fully written yet; useless after a crash. */
    private static final String UNFINISHED = ".unfinished";

    /** Sorts by time. */
    private static final DateTimeFormatter ASIDE_TIME =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

    private final Path directory;
    private final FileChannel lockFile;

    private LogDirectory(Path directory, FileChannel lockFile) {
        this.directory = directory;
        this.lockFile = lockFile;
    }

    /**
     * Creates the directory if necessary. @throws IOException when another log, here or in another process, has locked
     * it
     */
    static LogDirectory lock(Path directory) throws IOException {
        Files.createDirectories(directory);
        Path path = directory.resolve("lock");
        FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
        if (lock == null) {
            throw new IOException("log directory " + directory + " is in use: another process holds the lock on " + path
                    + ". Stop that node first; two nodes can never write the same log.");
        }
        return new LogDirectory(directory, channel);
    }

    Path path() {
        return directory;
    }

    Path segment(long number) {
        return directory.resolve(SEGMENT + "%016x".formatted(number) + SUFFIX);
    }

    Path spare(long number) {
        return directory.resolve(SPARE + "%016x".formatted(number) + SUFFIX);
    }

    static long spareNumber(Path spare) {
        String name = spare.getFileName().toString();
        return Long.parseUnsignedLong(name.substring(SPARE.length(), name.length() - SUFFIX.length()), 16);
    }

    static Path unfinished(Path spare) {
        return spare.resolveSibling(spare.getFileName() + UNFINISHED);
    }

    /** @return the segments, oldest first */
    static List<Path> segments(Path directory) throws IOException {
        return list(directory, SEGMENT, SUFFIX);
    }

    List<Path> spares() throws IOException {
        return list(directory, SPARE, SUFFIX);
    }

    List<Path> unfinished() throws IOException {
        return list(directory, SPARE, UNFINISHED);
    }

    private static List<Path> list(Path directory, String prefix, String suffix) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> {
                        String name = file.getFileName().toString();
                        return name.startsWith(prefix) && name.endsWith(suffix);
                    })
                    .sorted()
                    .toList();
        }
    }

    /**
     * Renames the directory to {@code NAME.WHY-TIME}, durably, and keeps only the latest of such directories.
     *
     * @param kept number of directories to keep, this one included
     * @return its new path
     * @throws IOException when it is in use or does not exist
     */
    static Path setAside(Path directory, String why, int kept) throws IOException {
        Path path = directory.toAbsolutePath().normalize();
        if (!Files.isDirectory(path)) {
            throw new NoSuchFileException(path.toString());
        }
        String prefix = path.getFileName() + "." + why + "-";
        Path aside = path.resolveSibling(prefix + ASIDE_TIME.format(Instant.now()));
        LogDirectory locked = lock(path);
        try {
            Disk.REAL.move(path, aside);
            Disk.REAL.syncDirectory(path.getParent());
        } finally {
            locked.close();
        }
        List<Path> all;
        try (Stream<Path> siblings = Files.list(path.getParent())) {
            all = siblings.filter(each -> each.getFileName().toString().startsWith(prefix))
                    .sorted()
                    .toList();
        }
        for (Path old : all.subList(0, Math.max(0, all.size() - kept))) {
            deleteAll(old);
        }
        return aside;
    }

    /** Removes a log's directory with all its files; does nothing when it does not exist. */
    static void deleteAll(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> all = Files.list(directory)) {
            files = all.toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
        Files.delete(directory);
    }

    /** Releases the lock. */
    @Override
    public void close() throws IOException {
        lockFile.close();
    }
}
