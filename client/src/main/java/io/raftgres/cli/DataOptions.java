package io.raftgres.cli;

import io.raftgres.cli.local.LocalDataDirectory;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Option for the data directory of the local cluster. */
final class DataOptions {

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Data directory of the local cluster. Default: data, next to the raftgres script.")
    private Path data;

    LocalDataDirectory directory() {
        return new LocalDataDirectory(data != null ? data : home().resolve("data"));
    }

    /** @return the directory of the raftgres script, which passes it; the current directory without that script */
    static Path home() {
        return Path.of(System.getProperty("raftgres.home", "")).toAbsolutePath();
    }
}
