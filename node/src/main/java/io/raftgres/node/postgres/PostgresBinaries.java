package io.raftgres.node.postgres;

import java.io.BufferedInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jboss.logging.Logger;

/**
 * The PostgreSQL programs in archives on the classpath (io.zonky.test.postgres), unpacked once into a cache directory
 * that all nodes of a machine share.
 */
final class PostgresBinaries {

    /** Version of the artifacts in the parent POM; names the directory in the cache. */
    static final String VERSION = "18.4.0";

    static final int MAJOR = 18;

    private static final Logger LOG = Logger.getLogger(PostgresBinaries.class);

    private PostgresBinaries() {}

    /**
     * Unpacks the archive if necessary. Safe when several threads and processes call it at once: one unpacks, and the
     * others wait. A process killed in between leaves no directory that could be mistaken for a complete one.
     *
     * @return the directory that holds bin/, lib/ and share/
     */
    static Path unpack(Path cacheDir) throws IOException {
        Path home = cacheDir.toAbsolutePath().resolve("postgresql-" + VERSION + "-" + platform());
        if (Files.isDirectory(home)) {
            return home;
        }
        Files.createDirectories(home.getParent());
        // The file lock is between processes; within one JVM it throws instead of waiting, hence the monitor.
        synchronized (PostgresBinaries.class) {
            Path lockFile = home.resolveSibling(home.getFileName() + ".lock");
            try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                if (!lock.isValid()) {
                    throw new IOException("could not lock " + lockFile);
                }
                if (!Files.isDirectory(home)) {
                    unpackInto(home);
                }
            }
        }
        return home;
    }

    private static void unpackInto(Path home) throws IOException {
        LOG.infof("unpacking PostgreSQL %s for %s into %s", VERSION, platform(), home);
        Path partial = home.resolveSibling(home.getFileName() + ".partial");
        deleteTree(partial);
        Files.createDirectories(partial);
        String name = "postgres-" + platform() + ".txz";
        try (InputStream raw = open(name);
                TarArchiveInputStream tar =
                        new TarArchiveInputStream(new XZCompressorInputStream(new BufferedInputStream(raw, 1 << 16)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                extract(tar, entry, partial, name);
            }
        }
        Files.move(partial, home, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void extract(TarArchiveInputStream tar, TarArchiveEntry entry, Path root, String archive)
            throws IOException {
        Path target = root.resolve(entry.getName()).normalize();
        if (!target.startsWith(root)) {
            throw new IOException(archive + " contains a path outside of the archive: " + entry.getName());
        }
        if (entry.isDirectory()) {
            Files.createDirectories(target);
            return;
        }
        Files.createDirectories(target.getParent());
        if (entry.isSymbolicLink()) {
            Path link = Path.of(entry.getLinkName());
            if (!target.resolveSibling(link).normalize().startsWith(root)) {
                throw new IOException(archive + " contains a link outside of the archive: " + entry.getName());
            }
            Files.createSymbolicLink(target, link);
            return;
        }
        Files.copy(tar, target);
        boolean executable = (entry.getMode() & 0100) != 0;
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
    }

    private static InputStream open(String name) throws IOException {
        ClassLoader loader = Optional.ofNullable(Thread.currentThread().getContextClassLoader())
                .orElse(PostgresBinaries.class.getClassLoader());
        InputStream in = loader.getResourceAsStream(name);
        if (in == null) {
            in = PostgresBinaries.class.getClassLoader().getResourceAsStream(name);
        }
        if (in == null) {
            throw new FileNotFoundException("This build of the node has no embedded PostgreSQL for this machine ("
                    + name + " is not in it): set raftgres.postgres.url (in the environment RAFTGRES_POSTGRES_URL) to"
                    + " an external PostgreSQL, such as jdbc:postgresql://127.0.0.1:5432/raftgres");
        }
        return in;
    }

    /** @return as the archives are named, for example {@code linux-x86_64} */
    static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        boolean arm = arch.equals("aarch64") || arch.equals("arm64");
        return (os.contains("mac") ? "darwin" : os.contains("linux") ? "linux" : os.replaceAll("\\W+", "_")) + "-"
                + (arm ? "arm_64" : arch.equals("amd64") ? "x86_64" : arch);
    }

    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
