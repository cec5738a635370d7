package io.raftgres.node.postgres;

import java.nio.file.Path;

/**
 * The place and size of a node's embedded PostgreSQL.
 *
 * @param dataDir PostgreSQL's data directory; made when absent. Its process id is the first line of
 *     {@code dataDir/postmaster.pid}, its log is in {@code dataDir/log}. The owner's password is in
 *     {@code <dataDir>.password}
 * @param port TCP port on 127.0.0.1, the only address on which it listens
 * @param cacheDir directory for the unpacked programs; nodes of one machine share it
 * @param sharedBuffersMb PostgreSQL's own page cache in MiB, at least 1; the system's page cache is behind it
 */
public record PostgresOptions(Path dataDir, int port, Path cacheDir, int sharedBuffersMb) {

    public static final int DEFAULT_SHARED_BUFFERS_MB = 64;

    public PostgresOptions {
        dataDir = dataDir.toAbsolutePath().normalize();
        cacheDir = cacheDir.toAbsolutePath().normalize();
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("not a TCP port: " + port);
        }
        if (sharedBuffersMb < 1) {
            throw new IllegalArgumentException(
                    "PostgreSQL needs at least 1 MiB of shared buffers, not " + sharedBuffersMb);
        }
    }

    public static PostgresOptions of(Path dataDir, int port, Path cacheDir) {
        return new PostgresOptions(dataDir, port, cacheDir, DEFAULT_SHARED_BUFFERS_MB);
    }

    Path passwordFile() {
        return dataDir.resolveSibling(dataDir.getFileName() + ".password");
    }

    /** The output of PostgreSQL and initdb before the server's own log is open. */
    Path startLog() {
        return dataDir.resolveSibling(dataDir.getFileName() + ".start.log");
    }
}
