package io.raftgres.node.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.TestBatches;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL has the membership as of the index that it shows. */
@Timeout(120)
class MembersTest {

    private static final Membership NONE = new Membership(List.of(), Set.of());

    @TempDir
    static Path temp;

    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void startPostgres() throws Exception {
        postgres = TestPostgres.start(temp);
    }

    @AfterAll
    static void stopPostgres() {
        postgres.close();
    }

    private static AppliedBatch batch(long index, Membership membership) {
        return TestBatches.of(index, 1, 1, 0, 0, index, List.of(), new byte[0], 0, membership);
    }

    @Test
    void followTheLog() throws Exception {
        // The server's own database, which the reader may look into.
        StoreOptions options = SnapshotStores.options(postgres, 50);
        Membership more = SnapshotStores.MEMBERS.with(new Member(0x33, "node3", false, "c:1", "http://c:2"));
        Membership fewer = more.without(0x11);
        try (Store store = Store.open(options)) {
            assertEquals(NONE, store.membership());
            store.bind(1, 2);
            assertEquals(NONE, store.membership());
            store.bind(1, 2, SnapshotStores.MEMBERS);
            assertEquals(SnapshotStores.MEMBERS, store.membership());
            store.bind(1, 2, more);
            assertEquals(SnapshotStores.MEMBERS, store.membership(), "the log says who it is from now on");
            store.write(batch(1, null));
            assertEquals(SnapshotStores.MEMBERS, store.membership());
            store.write(List.of(batch(2, more), batch(3, fewer), batch(4, null)));
            assertEquals(fewer, store.membership(), "the last one of the run");
            assertEquals(
                    "11 removed\n33 node3\nfffffffffffffff7 removed\nfffffffffffffff9 node2\n5 removed"
                            .lines()
                            .sorted()
                            .toList(),
                    SnapshotStores.read(
                                    options,
                                    "SELECT to_hex(member_id) || ' ' || coalesce(name, 'removed') FROM" + " members")
                            .lines()
                            .sorted()
                            .toList());
            SnapshotStores.execute(
                    options,
                    "ALTER TABLE raftgres.members DROP CONSTRAINT members_check;"
                            + "UPDATE raftgres.members SET name = NULL");
            assertThrows(StoreDamagedException.class, store::membership);
        }
    }

    @Test
    void dataOfTheFirstReleaseIsTaken() throws Exception {
        StoreOptions options = SnapshotStores.fresh(postgres, "upgrade");
        Flyway.configure()
                .dataSource(options.jdbcUrl(), options.user(), options.password())
                .schemas("raftgres")
                .table("schema_version")
                .locations("classpath:db/migration")
                .target("1")
                .load()
                .migrate();
        SnapshotStores.execute(
                options,
                "UPDATE raftgres.state SET cluster_id = 1, member_id = 2, applied_index = 70,"
                        + " applied_term = 3, revision = 9, hash = 0;"
                        + "INSERT INTO raftgres.tokens VALUES (5, 70, '\\x01')");
        try (Store store = Store.open(options)) {
            assertEquals(new StoreState(70, 3, 9, 0, 0, 0), store.state());
            store.bind(1, 2, SnapshotStores.MEMBERS);
            assertEquals(SnapshotStores.MEMBERS, store.membership());
            store.write(TestBatches.of(71, 3, 9, 0, 0, 0, List.of(), new byte[0], 0));
        }
        StoreOptions fresh = SnapshotStores.fresh(postgres, "not_upgraded");
        try (Store store = Store.open(fresh)) {
            assertEquals(NONE, store.membership());
        }
        assertEquals(SnapshotStores.structure(fresh), SnapshotStores.structure(options));
    }
}
