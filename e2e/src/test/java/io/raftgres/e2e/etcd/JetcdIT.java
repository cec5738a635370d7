package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.election.CampaignResponse;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.support.CloseableClient;
import io.etcd.jetcd.watch.WatchEvent;
import io.grpc.stub.StreamObserver;
import io.raftgres.e2e.Cluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each client of jetcd, with three nodes. */
@Tag("long")
class JetcdIT {

    @TempDir
    Path directory;

    @Test
    void jetcdClientsWork() throws Exception {
        try (Cluster cluster = Cluster.start(directory);
                Client client = Client.builder()
                        .endpoints(IntStream.rangeClosed(1, 3)
                                .mapToObj(node -> "http://127.0.0.1:" + cluster.etcdPort(node))
                                .toArray(String[]::new))
                        .build()) {
            keysAndTransactions(client.getKVClient());
            watches(client);
            leases(client);
            locksAndElections(client);
            assertEquals(
                    3, get(client.getClusterClient().listMember()).getMembers().size());
            assertTrue(get(client.getMaintenanceClient().statusMember("http://127.0.0.1:" + cluster.etcdPort(2)))
                            .getDbSize()
                    > 0);
            assertEquals(List.of(), get(client.getAuthClient().userList()).getUsers());
        }
    }

    private static ByteSequence bytes(String text) {
        return ByteSequence.from(text, StandardCharsets.UTF_8);
    }

    private static <T> T get(CompletableFuture<T> response) throws Exception {
        return response.get(60, TimeUnit.SECONDS);
    }

    private static void keysAndTransactions(KV kv) throws Exception {
        long first = get(kv.put(bytes("a"), bytes("1"))).getHeader().getRevision();
        assertEquals(
                "1",
                get(kv.put(
                                bytes("a"),
                                bytes("2"),
                                PutOption.builder().withPrevKV().build()))
                        .getPrevKv()
                        .getValue()
                        .toString());
        get(kv.put(bytes("ab"), bytes("3")));
        GetResponse prefix = get(kv.get(
                bytes("a"),
                GetOption.builder()
                        .isPrefix(true)
                        .withSortField(GetOption.SortTarget.MOD)
                        .withSortOrder(GetOption.SortOrder.DESCEND)
                        .build()));
        assertEquals(
                List.of("ab", "a"),
                prefix.getKvs().stream().map(row -> row.getKey().toString()).toList());
        assertEquals(
                "1",
                get(kv.get(bytes("a"), GetOption.builder().withRevision(first).build()))
                        .getKvs()
                        .getFirst()
                        .getValue()
                        .toString());
        TxnResponse txn = get(kv.txn()
                .If(new Cmp(bytes("a"), Cmp.Op.EQUAL, CmpTarget.value(bytes("2"))))
                .Then(Op.put(bytes("a"), bytes("4"), PutOption.DEFAULT), Op.get(bytes("a"), GetOption.DEFAULT))
                .Else(Op.delete(bytes("a"), DeleteOption.DEFAULT))
                .commit());
        assertTrue(txn.isSucceeded());
        assertEquals(
                "4",
                txn.getGetResponses().getFirst().getKvs().getFirst().getValue().toString());
        assertEquals(
                2,
                get(kv.delete(bytes("a"), DeleteOption.builder().isPrefix(true).build()))
                        .getDeleted());
        get(kv.compact(first));
    }

    private static void watches(Client client) throws Exception {
        BlockingQueue<WatchEvent> events = new LinkedBlockingQueue<>();
        long before = get(client.getKVClient().put(bytes("w/0"), bytes("0")))
                .getHeader()
                .getRevision();
        try (Watch.Watcher watcher = client.getWatchClient()
                .watch(
                        bytes("w/"),
                        WatchOption.builder()
                                .isPrefix(true)
                                .withRevision(before)
                                .withPrevKV(true)
                                .build(),
                        response -> events.addAll(response.getEvents()))) {
            get(client.getKVClient().put(bytes("w/0"), bytes("1")));
            get(client.getKVClient().delete(bytes("w/0")));
            assertEquals("0", next(events).getKeyValue().getValue().toString());
            assertEquals("0", next(events).getPrevKV().getValue().toString());
            assertEquals(WatchEvent.EventType.DELETE, next(events).getEventType());
            assertFalse(watcher.isClosed());
        }
    }

    private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
        T next = queue.poll(60, TimeUnit.SECONDS);
        assertTrue(next != null, "nothing came within a minute");
        return next;
    }

    private static void leases(Client client) throws Exception {
        long lease = get(client.getLeaseClient().grant(6)).getID();
        get(client.getKVClient()
                .put(
                        bytes("leased"),
                        bytes("x"),
                        PutOption.builder().withLeaseId(lease).build()));
        BlockingQueue<LeaseKeepAliveResponse> responses = new LinkedBlockingQueue<>();
        try (CloseableClient keeping = client.getLeaseClient().keepAlive(lease, new StreamObserver<>() {
            @Override
            public void onNext(LeaseKeepAliveResponse response) {
                responses.add(response);
            }

            @Override
            public void onError(Throwable why) {}

            @Override
            public void onCompleted() {}
        })) {
            for (int i = 0; i < 3; i++) {
                assertEquals(6, next(responses).getTTL());
            }
        }
        assertEquals(
                1,
                get(client.getLeaseClient()
                                .timeToLive(
                                        lease,
                                        LeaseOption.builder().withAttachedKeys().build()))
                        .getKeys()
                        .size());
        get(client.getLeaseClient().revoke(lease));
        assertEquals(0, get(client.getKVClient().get(bytes("leased"))).getCount());
    }

    private static void locksAndElections(Client client) throws Exception {
        long one = get(client.getLeaseClient().grant(60)).getID();
        long two = get(client.getLeaseClient().grant(60)).getID();
        ByteSequence held =
                get(client.getLockClient().lock(bytes("mutex"), one)).getKey();
        CompletableFuture<ByteSequence> waiting =
                client.getLockClient().lock(bytes("mutex"), two).thenApply(lock -> lock.getKey());
        assertFalse(waiting.isDone());
        get(client.getLockClient().unlock(held));
        get(client.getLockClient().unlock(get(waiting)));
        CampaignResponse elected = get(client.getElectionClient().campaign(bytes("office"), one, bytes("me")));
        assertEquals(
                "me",
                get(client.getElectionClient().leader(bytes("office")))
                        .getKv()
                        .getValue()
                        .toString());
        get(client.getElectionClient().proclaim(elected.getLeader(), bytes("still me")));
        get(client.getElectionClient().resign(elected.getLeader()));
    }
}
