package io.raftgres.node.consensus;

import io.raftgres.node.auth.Callers;
import io.raftgres.node.auth.UserTokens;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.AuthStore;
import io.raftgres.node.kv.EventRing;
import io.raftgres.node.kv.KeyValueMachine;
import io.raftgres.node.kv.Leases;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.RowCache;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.memory.Share;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.schema.StoreState;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * This member's copy of the replicated state, with the threads that keep it: apply and store. A member that has lost
 * its state has no replica until it gets a snapshot, but it takes part in Raft.
 */
public final class Replica implements AutoCloseable {

    private final Store store;
    private final RowCache cache;
    private final EventRing events;
    private final StoreWriter storeWriter;
    private final Applier applier;
    private final CachePreload preload;
    private final Checkpoints checkpoints = new Checkpoints();
    private final Leases leases = new Leases();
    private final AuthStore auth;
    private final Callers callers;

    /** @param lastOldIndex last index of the log at this start: tokens of users in entries up to it are void */
    Replica(
            NodeConfig config,
            NodeMemory memory,
            Store store,
            StoreState stored,
            long lastOldIndex,
            LongSupplier durableIndex,
            Runnable flushListener,
            LongConsumer appliedListener,
            Runnable resultsSent,
            Consumer<Throwable> failed) {
        MachineState state = stored.toMachine();
        this.store = store;
        this.cache = new RowCache(memory.limit(Share.CACHE));
        this.events = new EventRing(state.revision(), ringBytes(config, memory));
        leases.load(store.leases());
        auth = new AuthStore(AuthState.of(store.auth()));
        KeyValueMachine machine = new KeyValueMachine(state, cache, store, leases, auth);
        store.loadTokens(0, machine::loadTokens);
        this.storeWriter = new StoreWriter(
                config.name(), store, state, memory.limit(Share.KEPT), durableIndex, flushListener, failed);
        this.applier = new Applier(
                config.name(), machine, cache, events, storeWriter, checkpoints, appliedListener, resultsSent, failed);
        UserTokens tokens =
                new UserTokens(lastOldIndex, () -> applier.progress().state().index(), System::nanoTime);
        auth.listen(tokens);
        this.callers = new Callers(auth, tokens);
        this.preload = new CachePreload(store, applier, stored.appliedIndex());
        memory.register(Share.CACHE, () -> applier.progress().cachedBytes());
        memory.register(Share.RING, events::sizeBytes);
        memory.register(Share.KEPT, storeWriter::keptBytes);
    }

    private static long ringBytes(NodeConfig config, NodeMemory memory) {
        long share = memory.limit(Share.RING);
        long wanted = config.watchBytes().orElse(share);
        if (wanted > share) {
            throw new IllegalArgumentException("raftgres.watch-bytes is " + wanted + ", more than its share of " + share
                    + " bytes of this process's memory: omit the option, or give the process a larger heap");
        }
        return wanted;
    }

    void start() {
        applier.start();
        storeWriter.start();
        preload.start();
    }

    public RowCache cache() {
        return cache;
    }

    public EventRing events() {
        return events;
    }

    public StoreWriter storeWriter() {
        return storeWriter;
    }

    public Applier applier() {
        return applier;
    }

    public Leases leases() {
        return leases;
    }

    public AuthStore auth() {
        return auth;
    }

    /** @return who calls this member */
    public Callers callers() {
        return callers;
    }

    public Checkpoints checkpoints() {
        return checkpoints;
    }

    /** @return how long PostgreSQL has kept a call waiting without progress; 0: it responds */
    public long postgresSilentNanos() {
        // In long work each part counts by itself: the deletion of large values, or a scan of many rows.
        return Math.max(
                Math.min(storeWriter.callNanos(), store.writeSilentNanos()),
                Math.min(applier.waitingNanos(), store.readSilentNanos()));
    }

    @Override
    public void close() {
        preload.close();
        storeWriter.close();
        applier.close();
    }
}
