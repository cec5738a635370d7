package io.raftgres.node;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.config.TestConfig;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.Row;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.KvService.Consistency;
import io.raftgres.node.tls.NodeTls;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The formats on disk have not changed by accident: a node serves the data directory and PostgreSQL of commit 1530f78.
 */
@Timeout(180)
class ReleaseBeforeTest {

    private static final String RESOURCES = "/release-1530f78/";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final List<StopReason> stops = new CopyOnWriteArrayList<>();

    @Test
    void aNodeServesTheDataOfTheReleaseBefore() throws Exception {
        try (EmbeddedPostgres postgres = TestPostgres.start(directory)) {
            restore(postgres);
            NodeConfig config = TestConfig.config(
                    "NAME",
                    "node1",
                    "DATA_DIR",
                    dataDirectory().toString(),
                    "SEGMENT_BYTES",
                    "1048576",
                    "PEERS",
                    "node1=127.0.0.1:" + TestPostgres.freePort() + "@http://127.0.0.1:18081",
                    "POSTGRES_URL",
                    postgres.jdbcUrl(),
                    "POSTGRES_USER",
                    postgres.user(),
                    "POSTGRES_PASSWORD",
                    postgres.password());
            long written = 0;
            for (int start = 1; start <= 2; start++) {
                RunningNode node =
                        RunningNode.start(config, NodeMemory.ofThisProcess(), NodeTls.off(), "test", stops::add);
                try {
                    KvService kv = node.kv();
                    ApplyResult put = kv.write(
                                    Request.of(null, new Op.Put(Key.of("new"), new byte[] {(byte) start}, 0, false)),
                                    PATIENCE)
                            .toCompletableFuture()
                            .join();
                    written = put.revision();
                    requireContents(kv);
                    assertEquals(List.of(), stops);
                } finally {
                    node.close();
                }
            }
            assertEquals(31, written, "29 revisions of the release before, and two");
        }
    }

    private static void requireContents(KvService kv) throws Exception {
        for (int i = 1; i <= 20; i++) {
            String expected = i == 3 || i == 5 ? null : i == 4 ? "v4-again" : "v" + i;
            requireValue(expected, get(kv, "k/" + i));
        }
        requireValue("here", get(kv, "leased"));
        assertEquals(0x13ce0818edb28c9eL, get(kv, "leased").lease());
        requireValue("long", get(kv, "l".repeat(3_000)));
        assertEquals(5_336, get(kv, "big").value().length);
        requireValue("yes", get(kv, "t/1"));
        requireValue("compaction", get(kv, "after"));
        requireValue("rest", get(kv, "rest"));
        assertEquals(29, get(kv, "rest").modRevision());
        assertEquals(
                List.of("ann"),
                kv.auth(PATIENCE).users().keySet().stream()
                        .map(Object::toString)
                        .toList());
    }

    private static Row get(KvService kv, String key) {
        return kv.get(Key.of(key), Consistency.LINEARIZABLE, PATIENCE)
                .toCompletableFuture()
                .join()
                .row();
    }

    private static void requireValue(String expected, Row row) {
        if (expected == null) {
            assertNull(row);
        } else {
            assertNotNull(row, expected);
            assertArrayEquals(expected.getBytes(StandardCharsets.UTF_8), row.value());
        }
    }

    private Path dataDirectory() {
        return directory.resolve("data");
    }

    private void restore(EmbeddedPostgres postgres) throws Exception {
        Path log = Files.createDirectories(dataDirectory().resolve("log"));
        Files.write(dataDirectory().resolve("member.json"), read("member.json"));
        Files.write(log.resolve("segment-0000000000000001.log"), unzipped("segment-0000000000000001.log.gz"));
        try (Connection connection =
                        DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), postgres.password());
                Statement statement = connection.createStatement()) {
            statement.execute(new String(unzipped("postgres.sql.gz"), StandardCharsets.UTF_8));
        }
    }

    private static byte[] read(String name) throws IOException {
        try (InputStream in = ReleaseBeforeTest.class.getResourceAsStream(RESOURCES + name)) {
            assertTrue(in != null, name);
            return in.readAllBytes();
        }
    }

    private static byte[] unzipped(String name) throws IOException {
        try (InputStream in = new GZIPInputStream(ReleaseBeforeTest.class.getResourceAsStream(RESOURCES + name))) {
            return in.readAllBytes();
        }
    }
}
