package io.raftgres.cli;

import io.raftgres.cli.local.LocalDataDirectory;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where the local cluster lives. */
final class DataOptions {

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Data folder of the local cluster. Default: data, beside the raftgres script.")
    private Path data;

    LocalDataDirectory folder() {
        return new LocalDataDirectory(data != null ? data : home().resolve("data"));
    }

    /** @return the folder of the raftgres script, which tells it; the current one when run without it */
    static Path home() {
        return Path.of(System.getProperty("raftgres.home", "")).toAbsolutePath();
    }
}
