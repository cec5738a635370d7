package io.raftgres.node.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowHash;
import io.raftgres.node.kv.TestBatches;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.SnapshotStores;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot in a file contains the whole state, or is found to be damaged. */
@Timeout(180)
class SnapshotFileTest {

    private static final Membership ALONE =
            Membership.of(List.of(new Member(0x77, "node7", true, "127.0.0.1:9087", "http://127.0.0.1:8087")));

    @TempDir
    static Path temp;

    private static EmbeddedPostgres postgres;
    private static StoreOptions source;
    private static byte[] file;

    @BeforeAll
    static void export() throws Exception {
        postgres = TestPostgres.start(temp);
        source = SnapshotStores.fresh(postgres, "source");
        fill(source);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<Long> remaining = new ArrayList<>();
        try (SnapshotExport export = SnapshotExport.make(temp, source, Link.OPTIONS)) {
            export.write((bytes, left) -> {
                out.writeBytes(bytes);
                remaining.add(left);
            });
        }
        file = out.toByteArray();
        assertEquals(32, file.length % 512);
        assertEquals(0L, remaining.getLast());
        assertEquals(0L, remaining.get(remaining.size() - 2));
        assertTrue(remaining.size() > 5 && remaining.getFirst() > remaining.get(1));
        assertTrue(Files.list(temp).noneMatch(each -> each.toString().endsWith(".spool")));
    }

    @AfterAll
    static void stopPostgres() {
        postgres.close();
    }

    private static void fill(StoreOptions options) throws InterruptedException {
        Random random = new Random(5);
        RowHash rowHash = new RowHash();
        Map<Integer, Row> rows = new java.util.HashMap<>();
        long hash = 0;
        try (Store store = Store.open(options)) {
            store.bind(0xC1, 0x11, SnapshotStores.MEMBERS);
            for (long revision = 2; revision <= 300; revision++) {
                int number = random.nextInt(100);
                Row before = rows.get(number);
                byte[] value = new byte[random.nextInt(400)];
                random.nextBytes(value);
                Row after = new Row(
                        Key.of("key" + number),
                        value,
                        before == null ? revision : before.createRevision(),
                        revision,
                        before == null ? 1 : before.version() + 1,
                        0);
                hash += rowHash.of(after) - (before == null ? 0 : rowHash.of(before));
                rows.put(number, after);
                store.write(TestBatches.of(
                        revision - 1,
                        3,
                        revision,
                        0,
                        hash,
                        revision * 10,
                        List.of(new Change(revision, before, after)),
                        new byte[0],
                        0));
            }
        }
    }

    private static Path write(byte[] bytes) throws IOException {
        return Files.write(Files.createTempFile(temp, "snapshot", ".db"), bytes);
    }

    @Test
    void snapshotFileIsRestoredWhole() throws Exception {
        Path path = write(file);
        SnapshotManifest manifest = SnapshotImport.verify(path);
        assertEquals(300, manifest.revision());
        StoreOptions target = SnapshotStores.fresh(postgres, "target");
        try (Store store = Store.open(target)) {
            assertEquals(0, store.state().appliedIndex());
        }
        SnapshotImport.stage(path, target, ALONE);
        StagedSnapshot.install(target, 0xC2, 0x77);
        Map<String, String> expected = SnapshotStores.contents(source);
        Map<String, String> found = SnapshotStores.contents(target);
        expected.remove("members");
        found.remove("members");
        assertEquals(expected, found);
        try (Store store = Store.open(target)) {
            assertEquals(ALONE, store.membership());
            assertEquals(299, store.state().snapshotIndex());
            assertEquals(3, store.state().snapshotTerm());
            assertTrue(store.scrub().agrees());
        }
    }

    @Test
    void damagedFileIsRefused() throws Exception {
        assertThrows(IOException.class, () -> SnapshotImport.verify(write(new byte[0])));
        assertThrows(IOException.class, () -> SnapshotImport.verify(write(new byte[32])));
        assertThrows(IOException.class, () -> SnapshotImport.verify(write(new byte[512 + 32])));
        assertThrows(IOException.class, () -> SnapshotImport.verify(write(Arrays.copyOf(file, file.length - 512))));
        Random random = new Random(6);
        for (int i = 0; i < 50; i++) {
            byte[] damaged = file.clone();
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            assertThrows(IOException.class, () -> SnapshotImport.verify(write(damaged)));
        }
    }
}
