package io.raftgres.node.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.peer.Frame;
import io.raftgres.node.peer.PeerIdentity;
import io.raftgres.node.peer.PeerListener;
import io.raftgres.node.peer.PeerOptions;
import io.raftgres.node.peer.PeerTransport;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.SnapshotStores;
import io.raftgres.node.store.SnapshotStores.Modelled;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.raft.Member;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot over real connections between two nodes, one of which breaks while it is in progress. */
@Timeout(120)
class SnapshotOverPeersTest {

    private static final SnapshotOptions OPTIONS =
            new SnapshotOptions(2_000_000, 64 << 10, 4, 60_000, 100, 500, 10_000, 0);

    @TempDir
    Path temp;

    /** Hands snapshots' frames on, as a node does. */
    private static final class Node implements PeerListener, AutoCloseable {
        final long id;
        final int port;
        volatile PeerTransport transport;
        volatile SnapshotServer server;
        volatile SnapshotFetcher fetcher;

        Node(long id) throws IOException {
            this.id = id;
            start(0);
            this.port = transport.port();
        }

        private void start(int onPort) throws IOException {
            transport = new PeerTransport(
                    new PeerIdentity(0xC1, id, "node" + id, 0, ""),
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), onPort),
                    PeerOptions.standard(),
                    this);
            transport.start();
        }

        void restart(List<Member> members) throws IOException {
            transport.close();
            start(port);
            transport.setPeers(members);
        }

        Member member() {
            return new Member(id, "node" + id, true, "127.0.0.1:" + port, "");
        }

        boolean send(long to, Frame frame) {
            return transport.send(to, frame);
        }

        @Override
        public void received(long from, Frame frame) {
            switch (frame) {
                case Frame.SnapshotRequest request -> server.received(from, request);
                case Frame.SnapshotResponse response -> fetcher.received(from, response);
                default -> throw new IllegalStateException("unexpected " + frame);
            }
        }

        @Override
        public void unreachable(long peer) {
            SnapshotFetcher running = fetcher;
            if (running != null) {
                running.unreachable(peer);
            }
        }

        @Override
        public void close() {
            transport.close();
        }
    }

    private static void until(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "no " + what + " within 60 s");
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    @Test
    void transferContinuesAfterTheConnectionBroke() throws Exception {
        Modelled model = new Modelled(71, 100);
        try (EmbeddedPostgres postgres = TestPostgres.start(temp);
                Node one = new Node(1);
                Node two = new Node(2)) {
            StoreOptions from = SnapshotStores.fresh(postgres, "peer_from");
            StoreOptions to = SnapshotStores.fresh(postgres, "peer_to");
            List<Member> members = List.of(one.member(), two.member());
            one.transport.setPeers(members);
            two.transport.setPeers(members);
            until(
                    "connection",
                    () -> one.transport.stats(2).connected()
                            && two.transport.stats(1).connected());
            try (Store source = Store.open(from);
                    SnapshotServer server =
                            new SnapshotServer(temp.resolve("spool"), from, OPTIONS, one::send, () -> true);
                    SnapshotFetcher fetcher = new SnapshotFetcher(to, OPTIONS, two::send, () -> List.of(1L))) {
                source.bind(0xC1, 1, SnapshotStores.MEMBERS);
                model.write(source, 40);
                model.put(source, 3_000, 1_000);
                model.put(source, 2, 3 << 20);
                one.server = server;
                two.fetcher = fetcher;
                CompletableFuture<Fetched> fetched = CompletableFuture.supplyAsync(() -> {
                    try {
                        return Link.fetch(fetcher, model.index());
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
                until("progress", () -> fetcher.receivedBytes() > 500_000);
                two.restart(members);
                until("progress", () -> fetcher.receivedBytes() > 1_000_000);
                one.restart(members);
                assertEquals(model.index(), fetched.get(60, TimeUnit.SECONDS).index());
                assertEquals(1, server.sent());
                assertTrue(
                        server.sentBytes() < 2 * fetcher.receivedBytes(),
                        server.sentBytes() + " bytes sent, " + fetcher.receivedBytes() + " received");
                StagedSnapshot.install(to, 0xC1, 2);
                assertEquals(SnapshotStores.contents(from), SnapshotStores.contents(to));
            }
        }
    }

    /** 200,000 rows without a throttle; the figures are printed. */
    @Test
    void figures() throws Exception {
        System.out.println(SnapshotBenchmark.run(temp, 200_000, 256, 0));
    }
}
