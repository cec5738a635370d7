package io.raftgres.node.postgres;

import java.nio.file.Path;

/**
 * Where and how large a node's own PostgreSQL is.
 *
 * @param dataDir PostgreSQL's data folder; made when absent. Its process id is the first line of
 *     {@code dataDir/postmaster.pid}, its log is in {@code dataDir/log}. The owner's password is beside it, in
 *     {@code <dataDir>.password}
 * @param port TCP port on 127.0.0.1, the only address it listens on
 * @param cacheDir where the programs are unpacked to; nodes of one machine share it
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
            throw new IllegalArgumentException("PostgreSQL needs 1 MiB of shared buffers at least: " + sharedBuffersMb);
        }
    }

    public static PostgresOptions of(Path dataDir, int port, Path cacheDir) {
        return new PostgresOptions(dataDir, port, cacheDir, DEFAULT_SHARED_BUFFERS_MB);
    }

    Path passwordFile() {
        return dataDir.resolveSibling(dataDir.getFileName() + ".password");
    }

    /** What PostgreSQL and initdb print before the server's own log is open. */
    Path startLog() {
        return dataDir.resolveSibling(dataDir.getFileName() + ".start.log");
    }
}
