package io.raftgres.node.recovery;

import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.log.LogIdentity;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.PostgresOptions;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.StoreOwner;
import io.raftgres.node.store.sql.StoreOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The state in the member's PostgreSQL: the configured server, or the embedded one, which runs during the recovery. */
final class PostgresState implements AppliedState {

    /** null: the server is external, and is not started or stopped here. */
    private final EmbeddedPostgres postgres;

    private final Store store;

    private PostgresState(EmbeddedPostgres postgres, Store store) {
        this.postgres = postgres;
        this.store = store;
    }

    static PostgresState open(NodeConfig config, Path directory) throws IOException, InterruptedException {
        NodeConfig.Postgres given = config.postgres();
        if (given.url().isPresent()) {
            return new PostgresState(
                    null,
                    Store.open(StoreOptions.of(
                            given.url().get(), given.user(), given.password().orElse(""))));
        }
        Path data = directory.resolve("postgres").resolve("data");
        if (!Files.exists(data.resolve("PG_VERSION"))) {
            throw new IOException(
                    "there is no PostgreSQL data in " + data + ": the entries that this member knew to be committed"
                            + " are lost. Recover another member; or, to apply its whole log again, which must begin with"
                            + " entry 1, set raftgres.postgres.url to an empty database");
        }
        EmbeddedPostgres postgres = EmbeddedPostgres.start(
                PostgresOptions.of(data, given.port(), Path.of(System.getProperty("user.home"), ".cache", "raftgres")));
        try {
            return new PostgresState(
                    postgres, Store.open(StoreOptions.of(postgres.jdbcUrl(), postgres.user(), postgres.password())));
        } catch (InterruptedException | RuntimeException e) {
            postgres.close();
            throw e;
        }
    }

    @Override
    public Optional<LogIdentity> owner() {
        return store.owner().map(owner -> new LogIdentity(owner.clusterId(), owner.memberId()));
    }

    @Override
    public long appliedIndex() {
        return store.state().appliedIndex();
    }

    @Override
    public void rebind(LogIdentity from, LogIdentity to) {
        store.rebind(owner(from), owner(to));
    }

    private static StoreOwner owner(LogIdentity identity) {
        return new StoreOwner(identity.clusterId(), identity.memberId());
    }

    @Override
    public void close() {
        store.close();
        if (postgres != null) {
            postgres.close();
        }
    }
}
