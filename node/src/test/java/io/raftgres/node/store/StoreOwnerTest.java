package io.raftgres.node.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.sql.StoreOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data changes its owner only from the owner that it is known to have. */
class StoreOwnerTest {

    @TempDir
    Path directory;

    @Test
    void dataGoesFromItsOwnerToAnother() throws IOException, InterruptedException {
        StoreOwner first = new StoreOwner(1, -2);
        StoreOwner second = new StoreOwner(-3, 4);
        try (EmbeddedPostgres postgres = TestPostgres.start(directory)) {
            StoreOptions options = StoreOptions.of(postgres.jdbcUrl(), postgres.user(), postgres.password());
            try (Store store = Store.open(options)) {
                assertEquals(Optional.empty(), store.owner());
                store.bind(1, -2);
                assertEquals(Optional.of(first), store.owner());
                assertThrows(IllegalStateException.class, () -> store.rebind(second, new StoreOwner(5, 6)));
                assertEquals(Optional.of(first), store.owner());
                store.rebind(first, second);
                store.rebind(first, second);
                assertEquals(Optional.of(second), store.owner());
            }
            try (Store store = Store.open(options)) {
                assertThrows(IllegalStateException.class, () -> store.bind(1, -2));
                store.bind(-3, 4);
            }
        }
    }
}
