package io.raftgres.e2e.etcd;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * Finds etcd's programs in the directory RAFTGRES_ETCD_BIN. Without it, tests that need them are skipped with a
 * message.
 */
final class EtcdPrograms {

    private EtcdPrograms() {}

    /** @param name etcd, etcdctl or benchmark */
    static Path named(String name) {
        Optional<Path> program = Optional.ofNullable(System.getenv("RAFTGRES_ETCD_BIN"))
                .map(Path::of)
                .map(directory -> directory.resolve(name))
                .filter(Files::isExecutable);
        if (program.isEmpty()) {
            System.out.println("NOT RUN: RAFTGRES_ETCD_BIN names no directory with " + name);
        }
        Assumptions.assumeTrue(program.isPresent(), "RAFTGRES_ETCD_BIN names no directory with " + name);
        return program.get();
    }
}
