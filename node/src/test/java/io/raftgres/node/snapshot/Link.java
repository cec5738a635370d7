package io.raftgres.node.snapshot;

import io.raftgres.node.peer.Frame;
import io.raftgres.node.store.sql.StoreOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Sources and a receiver in one process, with a network between them that a test can break. The receiver is member 0.
 */
final class Link implements AutoCloseable {

    /** Small chunks, so that there are many; quick to notice that something is lost. */
    static final SnapshotOptions OPTIONS = new SnapshotOptions(0, 4_096, 4, 60_000, 100, 200, 3_000, 0);

    /** Changes or, with null, drops messages of a source. */
    volatile UnaryOperator<Frame.SnapshotResponse> onResponse = frame -> frame;

    /** The same for what the receiver sends. */
    volatile UnaryOperator<Frame.SnapshotRequest> onRequest = frame -> frame;

    volatile boolean cut;

    private final Path directory;
    private final Map<Long, SnapshotServer> servers = new HashMap<>();
    private final List<Long> sources = new ArrayList<>();
    private final ExecutorService there = Executors.newSingleThreadExecutor();
    private final ExecutorService back = Executors.newSingleThreadExecutor();
    private volatile SnapshotFetcher fetcher;

    Link(Path directory) {
        this.directory = directory;
    }

    SnapshotServer serve(long member, StoreOptions store, SnapshotOptions options) {
        SnapshotServer server = new SnapshotServer(
                directory(member),
                store,
                options,
                (to, frame) -> {
                    Frame.SnapshotResponse sent = cut ? null : onResponse.apply((Frame.SnapshotResponse) frame);
                    if (sent != null) {
                        back.execute(() -> {
                            SnapshotFetcher running = fetcher;
                            if (running != null && !cut) {
                                running.received(member, sent);
                            }
                        });
                    }
                    return !cut;
                },
                () -> true);
        servers.put(member, server);
        if (!sources.contains(member)) {
            sources.add(member);
        }
        return server;
    }

    SnapshotServer serve(long member, StoreOptions store) {
        return serve(member, store, OPTIONS);
    }

    Path directory(long member) {
        return directory.resolve("spools" + member);
    }

    List<Path> spools(long member) throws IOException {
        try (var files = Files.list(directory(member))) {
            return files.toList();
        }
    }

    SnapshotFetcher receiver(StoreOptions store) {
        return receiver(store, OPTIONS, () -> sources);
    }

    SnapshotFetcher receiver(StoreOptions store, SnapshotOptions options, Supplier<List<Long>> candidates) {
        fetcher = new SnapshotFetcher(
                store,
                options,
                (to, frame) -> {
                    Frame.SnapshotRequest sent = cut ? null : onRequest.apply((Frame.SnapshotRequest) frame);
                    if (sent != null) {
                        there.execute(() -> {
                            if (!cut) {
                                servers.get(to).received(0, sent);
                            }
                        });
                    }
                    return !cut;
                },
                candidates);
        return fetcher;
    }

    void cut() {
        cut = true;
    }

    void mend() {
        sources.forEach(fetcher::unreachable);
        cut = false;
    }

    @Override
    public void close() {
        if (fetcher != null) {
            fetcher.close();
        }
        servers.values().forEach(SnapshotServer::close);
        there.close();
        back.close();
    }

    /** @param minIndex the snapshot's index is at least this */
    static Fetched fetch(SnapshotFetcher fetcher, long minIndex) throws InterruptedException {
        fetcher.need(minIndex);
        return fetcher.fetch();
    }
}
