package io.raftgres.node.etcd.watch;

import static io.raftgres.node.etcd.watch.WatchClient.key;
import static io.raftgres.node.etcd.watch.WatchClient.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.raftgres.etcd.api.etcdserver.WatchCreateRequest;
import io.raftgres.etcd.api.etcdserver.WatchCreateRequest.FilterType;
import io.raftgres.etcd.api.etcdserver.WatchRequest;
import io.raftgres.etcd.api.etcdserver.WatchResponse;
import io.raftgres.etcd.api.mvcc.Event;
import io.raftgres.node.etcd.EtcdServer;
import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.rest.MemoryKvService;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Watches through etcd's protocol: messages, their order and texts, and no watch of a stream is left behind. */
@Timeout(120)
class WatchEndpointTest {

    private static final EtcdOptions QUICK =
            new EtcdOptions(64 << 10, 1 << 10, Duration.ofSeconds(5), Duration.ofMillis(100), Duration.ofMillis(20));

    private final MemoryKvService service = new MemoryKvService(1 << 20);
    private EtcdServer server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        server = new EtcdServer(new InetSocketAddress("localhost", 0), service, QUICK);
        server.start();
        channel = NettyChannelBuilder.forAddress("localhost", server.port())
                .usePlaintext()
                .maxInboundMessageSize(64 << 20)
                .build();
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        server.close();
        service.close();
    }

    private WatchClient client() {
        return new WatchClient(channel, false, false);
    }

    private long put(String key, String value) {
        return put(key, value.getBytes(StandardCharsets.UTF_8));
    }

    private long put(String key, byte[] value) {
        return service.apply(Request.of(null, new Op.Put(Key.of(key), value, 0, false)))
                .revision();
    }

    private long delete(String key) {
        return service.apply(Request.of(null, new Op.Delete(KeyRange.single(Key.of(key)), false)))
                .revision();
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "not within 30 s: " + what);
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void watchReportsPutsAndDeletesWithPreviousRows() {
        put("a", "before");
        try (WatchClient client = client()) {
            WatchResponse created = client.created(key("a").setPrevKv(true));
            assertEquals(0, created.getWatchId());
            assertEquals(2, created.getHeader().getRevision());
            assertEquals(0xa1, created.getHeader().getMemberId());
            put("b", "not seen");
            put("a", "after");
            WatchResponse put = client.next();
            assertEquals(4, put.getHeader().getRevision());
            Event event = put.getEvents(0);
            assertEquals(Event.EventType.PUT, event.getType());
            assertEquals("after", event.getKv().getValue().toStringUtf8());
            assertEquals(2, event.getKv().getVersion());
            assertEquals("before", event.getPrevKv().getValue().toStringUtf8());
            delete("a");
            Event deleted = client.next().getEvents(0);
            assertEquals(Event.EventType.DELETE, deleted.getType());
            assertEquals("a", deleted.getKv().getKey().toStringUtf8());
            assertEquals(5, deleted.getKv().getModRevision());
            assertEquals(0, deleted.getKv().getVersion());
            assertEquals("after", deleted.getPrevKv().getValue().toStringUtf8());
            put("a", "new");
            assertFalse(client.next().getEvents(0).hasPrevKv());
        }
    }

    @Test
    void startsInThePastAndInTheFuture() {
        for (int i = 2; i <= 600; i++) {
            put("a", "v" + i);
        }
        try (WatchClient client = client()) {
            client.created(key("a").setStartRevision(2));
            for (int seen = 1; seen < 600; ) {
                WatchResponse response = client.next();
                assertTrue(response.getHeader().getRevision() >= seen + response.getEventsCount());
                for (Event event : response.getEventsList()) {
                    assertEquals(++seen, event.getKv().getModRevision());
                    assertFalse(event.hasPrevKv());
                }
            }
        }
        try (WatchClient client = client()) {
            client.created(key("a").setStartRevision(603));
            put("a", "601");
            put("a", "602");
            put("a", "603");
            assertEquals(603, client.next().getEvents(0).getKv().getModRevision());
        }
    }

    @Test
    void watchesOnOneStreamHaveTheirOwnIds() {
        try (WatchClient client = client()) {
            assertEquals(0, client.created(key("a")).getWatchId());
            assertEquals(2, client.created(key("b").setWatchId(2)).getWatchId());
            assertEquals(1, client.created(key("c")).getWatchId());
            assertEquals(3, client.created(key("a")).getWatchId());
            String duplicate = "mvcc: duplicate watch ID provided on the WatchStream";
            assertEquals(duplicate, client.refused(key("a").setWatchId(2)));
            assertEquals(duplicate, client.refused(key("a").setWatchId(-1)));
            put("b", "x");
            assertEquals(2, client.next().getWatchId());
            put("a", "x");
            assertEquals(3, client.next().getWatchId() + client.next().getWatchId());
            client.cancel(17);
            client.cancel(2);
            WatchResponse cancelled = client.next();
            assertEquals(2, cancelled.getWatchId());
            assertTrue(cancelled.getCanceled());
            assertFalse(cancelled.getCreated());
            assertEquals(3, cancelled.getHeader().getRevision());
            put("b", "y");
            client.cancel(2);
            assertEquals(2, client.created(key("b").setWatchId(2)).getWatchId());
            put("b", "z");
            assertEquals("z", client.next().getEvents(0).getKv().getValue().toStringUtf8());
        }
    }

    @Test
    void rangesAreEtcds() {
        try (WatchClient client = client()) {
            String empty = "mvcc: watcher range is empty";
            assertEquals(empty, client.refused(range("b", "a")));
            assertEquals(empty, client.refused(range("b", "b")));
            assertEquals(
                    "etcdserver: mvcc: required revision has been compacted",
                    client.refused(key("a").setStartRevision(-1)));
            assertEquals("etcdserver: request is too large", client.refused(key("k".repeat(1_025))));
            assertEquals(0, client.created(range("", "\0")).getWatchId());
            assertEquals(1, client.created(range("b", "\0")).getWatchId());
            assertEquals(2, client.created(range("b", "c")).getWatchId());
            assertEquals(3, client.created(key("")).getWatchId());
            put("a", "x");
            assertEquals(0, client.next().getWatchId());
            put("b1", "x");
            assertEquals(
                    3,
                    client.next().getWatchId()
                            + client.next().getWatchId()
                            + client.next().getWatchId());
            put("d", "x");
            assertEquals(1, client.next().getWatchId() + client.next().getWatchId());
            assertTrue(client.isSilent());
        }
    }

    @Test
    void filtersLeaveOut() {
        try (WatchClient client = client()) {
            client.created(key("a").addFilters(FilterType.NOPUT));
            client.created(key("a").addFilters(FilterType.NODELETE));
            client.created(key("a").addFilters(FilterType.NODELETE).addFilters(FilterType.NOPUT));
            put("a", "x");
            delete("a");
            WatchResponse put = client.next();
            WatchResponse delete = client.next();
            assertEquals(1, put.getWatchId());
            assertEquals(Event.EventType.PUT, put.getEvents(0).getType());
            assertEquals(0, delete.getWatchId());
            assertEquals(Event.EventType.DELETE, delete.getEvents(0).getType());
            client.requestProgress();
            assertEquals(-1, client.next().getWatchId());
        }
    }

    @Test
    void revisionIsSplitOnlyForWatchesThatAllowFragments() {
        List<Op> ops = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            ops.add(new Op.Put(Key.of("k" + i), new byte[60_000], 0, false));
        }
        try (WatchClient client = client()) {
            client.created(range("", "\0"));
            service.apply(new Request(null, List.of(), ops, List.of()));
            WatchResponse whole = client.next();
            assertEquals(20, whole.getEventsCount());
            assertFalse(whole.getFragment());
            client.cancel(0);
            client.next();
            client.created(range("", "\0").setFragment(true).setStartRevision(2));
            int events = 0;
            int parts = 0;
            for (boolean more = true; more; parts++) {
                WatchResponse part = client.next();
                assertTrue(part.getSerializedSize() < (64 << 10) + (512 << 10));
                events += part.getEventsCount();
                more = part.getFragment();
            }
            assertEquals(20, events);
            assertEquals(3, parts);
        }
    }

    @Test
    void compactionCancels() {
        for (int i = 0; i < 10; i++) {
            put("a", "x");
        }
        service.compact(5);
        try (WatchClient client = client()) {
            WatchResponse created = client.created(key("a").setStartRevision(4));
            assertFalse(created.getCanceled());
            WatchResponse cancelled = client.next();
            assertTrue(cancelled.getCanceled());
            assertEquals(created.getWatchId(), cancelled.getWatchId());
            assertEquals(5, cancelled.getCompactRevision());
            assertEquals("", cancelled.getCancelReason());
            client.created(key("a").setStartRevision(5));
            assertEquals(5, client.next().getEvents(0).getKv().getModRevision());
        }
    }

    @Test
    void progressIsSentOnRequest() {
        try (WatchClient client = client()) {
            client.requestProgress();
            client.send(WatchRequest.getDefaultInstance());
            client.created(key("a"));
            put("other", "x");
            client.requestProgress();
            await("progress up to the put", () -> {
                // The first request may be answered, too, when the watch was made before the hub came to it.
                WatchResponse progress = client.next();
                assertEquals(-1, progress.getWatchId());
                assertEquals(0, progress.getEventsCount());
                return progress.getHeader().getRevision() == 2;
            });
            client.create(key("b").setProgressNotify(true));
            assertTrue(nextOfAWatch(client).getCreated());
            put("other", "y");
            await("its progress is sent", () -> {
                WatchResponse reported = nextOfAWatch(client);
                assertEquals(1, reported.getWatchId());
                return reported.getHeader().getRevision() == 3;
            });
        }
    }

    /** Both requests for progress may have been answered, the second one late. */
    private static WatchResponse nextOfAWatch(WatchClient client) {
        WatchResponse next = client.next();
        while (next.getWatchId() == -1) {
            next = client.next();
        }
        return next;
    }

    @Test
    void theLossOfTheLeaderEndsStreamsThatNeedOne() {
        try (WatchClient needs = new WatchClient(channel, false, true);
                WatchClient not = client()) {
            needs.created(key("a"));
            not.created(key("a"));
            service.led = false;
            Status end = needs.end();
            assertEquals(Status.Code.UNAVAILABLE, end.getCode());
            assertEquals("etcdserver: no leader", end.getDescription());
            put("a", "x");
            assertEquals(1, not.next().getEventsCount());
            try (WatchClient late = new WatchClient(channel, false, true)) {
                assertEquals("etcdserver: no leader", late.end().getDescription());
            }
        }
    }

    @Test
    void endOfTheNodesRunEndsStreams() {
        try (WatchClient client = client();
                WatchClient slow = new WatchClient(channel, true, false)) {
            client.created(key("a"));
            slow.create(key("a"));
            assertEquals(0, slow.next().getWatchId());
            service.close();
            assertEquals(Status.Code.UNAVAILABLE, client.end().getCode());
            assertEquals(Status.Code.UNAVAILABLE, slow.end().getCode());
            try (WatchClient late = client()) {
                assertEquals(Status.Code.UNAVAILABLE, late.end().getCode());
            }
        }
    }

    @Test
    void theEndOfTheServerEndsStreams() {
        try (WatchClient client = client()) {
            client.created(key("a"));
            server.close();
            assertEquals(Status.Code.UNAVAILABLE, client.end().getCode());
        }
    }

    @Test
    void aClientThatGoesLeavesNothing() {
        try (WatchClient client = client()) {
            for (int i = 0; i < 100; i++) {
                client.created(key("k" + i));
            }
            assertEquals(100, service.openWatches());
        }
        await("its watches are gone", () -> service.openWatches() == 0);
    }

    /** A slow client gets all events, however late; meanwhile others get theirs. */
    @Test
    void slowClientDelaysNoOther() {
        try (WatchClient slow = new WatchClient(channel, true, false);
                WatchClient quick = client()) {
            slow.create(range("", "\0").setStartRevision(2));
            assertTrue(slow.next().getCreated());
            quick.created(range("", "\0"));
            byte[] value = new byte[50_000];
            int writes = 400;
            int seen = 0;
            for (int i = 0; i < writes; i++) {
                long revision = put("k" + i % 7, value);
                while (seen < i + 1) {
                    seen += quick.next().getEventsCount();
                }
                assertEquals(revision, service.revision());
            }
            long next = 2;
            while (next < service.revision() + 1) {
                for (Event event : slow.next().getEventsList()) {
                    assertEquals(next++, event.getKv().getModRevision());
                }
            }
        }
    }

    /** The node takes only a few requests of a client that reads no responses. */
    @Test
    void aClientThatReadsNothingIsNotServed() {
        try (WatchClient slow = new WatchClient(channel, true, false)) {
            String long1 = "k".repeat(1_000);
            for (int i = 0; i < 20_000; i++) {
                slow.create(
                        WatchCreateRequest.newBuilder(range(long1, long1 + "z").buildPartial()));
            }
            await("the server has stopped to take requests", () -> service.openWatches() > 16 && !slow.isReady());
            assertTrue(service.openWatches() < 20_000, "open: " + service.openWatches());
            try (WatchClient other = client()) {
                other.created(key("a"));
            }
            for (int i = 0; i < 20_000; i++) {
                assertEquals(i, slow.next().getWatchId());
            }
        }
        await("its watches are gone", () -> service.openWatches() == 0);
    }
}
