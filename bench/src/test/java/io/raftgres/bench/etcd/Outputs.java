package io.raftgres.bench.etcd;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Outputs that etcd 3.7.1's benchmark has printed. */
final class Outputs {
    private Outputs() {}

    static String of(String name) throws IOException {
        try (InputStream in = Outputs.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
