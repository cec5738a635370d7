package io.raftgres.node.peer;

import static io.raftgres.node.peer.TestNode.connect;
import static io.raftgres.node.peer.TestNode.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.peer.TestNode.Received;
import io.raftgres.raft.Entry;
import io.raftgres.raft.Member;
import io.raftgres.raft.Message;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Connected transports: frames arrive, broken connections are noticed, and a blocked peer does not disturb the others.
 */
class PeerTransportTest {
    private static final Frame HEARTBEAT = new Frame.Raft(new Message.Heartbeat(1, 2, 3, 4));

    private final List<TestNode> nodes = new ArrayList<>();

    private TestNode node(long id) throws IOException {
        return keep(new TestNode(id));
    }

    private TestNode keep(TestNode node) {
        nodes.add(node);
        return node;
    }

    /** After each test: nothing of the transports may be left. */
    @AfterEach
    void noThreadIsLeft() {
        nodes.forEach(TestNode::close);
        until("no thread left", () -> peerThreads().isEmpty());
    }

    private static List<String> peerThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("peer-"))
                .toList();
    }

    @Test
    void threeNodesExchangeFramesOfAllKinds() throws IOException {
        TestNode[] three = {node(1), node(2), node(3)};
        connect(three);
        for (TestNode node : three) {
            for (TestNode other : three) {
                if (node != other) {
                    until("it is notified", () -> node.events("connected " + other.id) > 0);
                    assertEquals(
                            List.of("connected " + other.id),
                            node.events.stream()
                                    .filter(e -> e.endsWith(" " + other.id))
                                    .toList());
                }
            }
        }
        for (TestNode from : three) {
            for (TestNode to : three) {
                if (from != to) {
                    exchange(from, to);
                }
            }
        }
    }

    private static void exchange(TestNode from, TestNode to) {
        RandomFrames frames = new RandomFrames(from.id * 10 + to.id);
        List<String> ordered = new ArrayList<>();
        List<String> urgent = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            Frame frame = i % 100 == 0 ? new Frame.Raft(frames.append(8, 60_000)) : frames.frame();
            from.sendSurely(to.id, frame);
            (isUrgent(frame) ? urgent : ordered).add(RandomFrames.text(frame));
        }
        until(
                "all has arrived",
                () -> to.received.stream().filter(r -> r.from() == from.id).count() == 2_000);
        List<Frame> got = to.received.stream()
                .filter(r -> r.from() == from.id)
                .map(Received::frame)
                .toList();
        assertEquals(
                ordered,
                got.stream().filter(f -> !isUrgent(f)).map(RandomFrames::text).toList());
        assertEquals(
                urgent,
                got.stream().filter(f -> isUrgent(f)).map(RandomFrames::text).toList());
        until("the last is counted", () -> from.transport.stats(to.id).sentFrames() == 2_000);
        assertEquals(2_000, to.transport.stats(from.id).receivedFrames());
        until("a ping came back", () -> from.transport.stats(to.id).roundTripNanos() > 0);
    }

    private static boolean isUrgent(Frame frame) {
        return frame instanceof Frame.Raft raft && MessageCodec.urgent(raft.message());
    }

    /** They report writes that are done: a client that does not get the report takes its write for lost. */
    @Test
    void responsesHaveRoomOfTheirOwnInTheQueue() throws Exception {
        TestNode leader = node(1);
        TestNode follower = node(2);
        connect(leader, follower);
        CountDownLatch goesOn = new CountDownLatch(1);
        follower.onFrame = frame -> awaitQuietly(goesOn);
        RandomFrames frames = new RandomFrames(3);
        int appends = 0;
        while (leader.transport.send(2, new Frame.Raft(frames.append(8, 60_000)))) {
            appends++;
        }
        for (int i = 0; i < 3; i++) {
            assertTrue(
                    leader.transport.send(2, new Frame.ForwardResponse(i, (byte) 0, new byte[5 << 20])), "answer " + i);
        }
        for (int i = 3; i < 4_003; i++) {
            assertTrue(leader.transport.sendSoon(2, new Frame.ForwardResponse(i, (byte) 0, new byte[64])), "" + i);
        }
        int wanted = appends + 4_003;
        int small = 4_003;
        while (leader.transport.send(2, new Frame.ForwardResponse(small, (byte) 0, new byte[1 << 20]))) {
            small++;
            wanted++;
        }
        assertTrue(leader.transport.send(2, new Frame.ForwardResponse(small, (byte) 4, new byte[0])));
        goesOn.countDown();
        int all = wanted + 1;
        until("all has arrived", () -> follower.received.size() == all);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void manyThreadsSendAtOnceAndNothingIsLostOrReordered() throws Exception {
        TestNode a = node(1);
        TestNode b = node(2);
        connect(a, b);
        int threads = 4;
        int each = 20_000;
        List<Thread> senders = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            long thread = t;
            senders.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < each; i++) {
                    a.sendSurely(2, new Frame.ForwardRequest(thread, i, new byte[i % 300]));
                }
            }));
        }
        for (Thread sender : senders) {
            sender.join();
        }
        until("all has arrived", () -> b.received.size() == threads * each);
        long[] next = new long[threads];
        for (Received received : b.received) {
            Frame.ForwardRequest request = (Frame.ForwardRequest) received.frame();
            assertEquals(next[(int) request.id()]++, request.timeoutMillis());
            assertEquals(request.timeoutMillis() % 300, request.payload().length);
        }
    }

    @Test
    void deferredFramesLeaveInOrderWithTheNextFlushOrFrame() throws IOException {
        TestNode a = node(1);
        TestNode b = node(2);
        connect(a, b);
        Random random = new Random(1);
        int sent = 0;
        for (int round = 0; round < 500; round++) {
            for (int i = random.nextInt(20); i > 0; i--) {
                assertTrue(a.transport.sendSoon(2, new Frame.ForwardRequest(0, sent++, new byte[random.nextInt(300)])));
            }
            if (random.nextBoolean()) {
                a.transport.flush();
            } else {
                a.sendSurely(2, new Frame.ForwardRequest(0, sent++, new byte[random.nextInt(100_000)]));
            }
            a.transport.flush();
            int all = sent;
            until("all has arrived", () -> b.received.size() == all);
        }
        int next = 0;
        for (Received received : b.received) {
            assertEquals(next++, ((Frame.ForwardRequest) received.frame()).timeoutMillis());
        }
    }

    @Test
    void framesToANonPeerAreNotSent() throws IOException {
        TestNode a = node(1);
        TestNode b = node(2);
        assertFalse(a.transport.send(2, HEARTBEAT));
        connect(a, b);
        assertFalse(a.transport.send(1, HEARTBEAT), "itself");
        assertFalse(a.transport.send(3, HEARTBEAT), "unknown");
        assertTrue(a.transport.send(2, HEARTBEAT));
        assertFalse(a.transport.send(2, new Frame.NodeStatus(new byte[(32 << 20) + 1])), "too large");
        assertEquals(1, a.transport.stats(2).droppedFrames());
        // A former member keeps its link for as long as its own connection is open.
        until("b has connected too", () -> a.transport.incomingSince(2) != 0);
        a.transport.setPeers(List.of(a.member()));
        assertTrue(a.transport.send(2, HEARTBEAT), "removed, and still connected");
        a.transport.disconnect(2);
        until("b is let go", () -> !a.transport.send(2, HEARTBEAT));
        assertEquals(PeerStats.NONE, a.transport.stats(2));
        until("b notices", () -> b.events("unreachable 1") == 1);
        b.sendSurely(1, HEARTBEAT);
        assertFalse(a.transport.send(2, HEARTBEAT), "where it could be dialled it did not say");
    }

    /** A membership may be an old one: the current leader may be missing in it, and needs responses. */
    @Test
    void connectedNonMemberGetsResponses() throws IOException {
        TestNode a = node(1);
        TestNode b = keep(new TestNode(2, TestNode.CLUSTER, TestNode.freePort(), PeerOptions.standard()));
        a.transport.setPeers(List.of(a.member()));
        b.transport.setPeers(List.of(a.member(), b.member()));
        b.sendSurely(1, HEARTBEAT);
        a.sendSurely(2, HEARTBEAT);
        until("the response has come", () -> !b.received.isEmpty());
        // The listener may be notified later than the frames arrive.
        until("connected", () -> a.events("connected 2") == 1);
        assertEquals(Set.of(2L), a.transport.peers());
        a.transport.setPeers(List.of(a.member(), b.member()));
        assertEquals(1, a.events("connected 2"), "the same connection is a member's now");
        assertEquals(0, a.transport.stats(2).reconnects());
        a.transport.setPeers(List.of(a.member()));
        assertTrue(a.transport.send(2, HEARTBEAT), "a guest again");
        b.close();
        until(
                "nobody stays connected to who has gone",
                () -> a.transport.peers().isEmpty());
        assertEquals(1, a.events("unreachable 2"));
    }

    @Test
    void connectingPeerReportsItsLogAndLearnsWhetherItIsVouchedFor() throws IOException {
        TestNode a = node(1);
        TestNode b = keep(new TestNode(2, TestNode.CLUSTER, TestNode.freePort(), PeerOptions.standard()));
        Queue<Introduction> heard = new ConcurrentLinkedQueue<>();
        a.onIntroduction = introduction -> {
            heard.add(introduction);
            return new Reception(true, true, true, null);
        };
        b.transport.setPeers(List.of(a.member()));
        until("vouched", () -> b.events("vouched 1 blank") == 1);
        assertEquals(List.of(new Introduction(1002, true, b.member().peerAddress())), List.copyOf(heard));

        a.onIntroduction = introduction -> Reception.refused("known with another log");
        a.transport.disconnect(2);
        until(
                "refused",
                () -> b.events.stream()
                        .anyMatch(event -> event.startsWith("another log: ")
                                && event.endsWith("refuses this node (OTHER_LOG): known with another log")));
        assertEquals(1, b.events("vouched 1 blank"));
        assertFalse(b.transport.send(1, HEARTBEAT));
    }

    /** A node can dial any address as a guest, and the program there may send anything. */
    @Test
    void claimsOfAGuestAboutThisNodeAreIgnored() throws IOException {
        TestNode a = node(1);
        TestNode b = keep(new TestNode(2, TestNode.CLUSTER, TestNode.freePort(), PeerOptions.standard()));
        b.onIntroduction = introduction -> Reception.refused("known with another log");
        a.transport.setPeers(List.of(a.member()));
        b.transport.setPeers(List.of(a.member(), b.member()));
        until("refused", () -> a.refusals.stream().anyMatch(each -> each.contains("OTHER_LOG")));
        until("it has continued", () -> a.events("unreachable 2") >= 1);
        assertTrue(a.events.stream().noneMatch(event -> event.startsWith("another log")), a.events::toString);
    }

    @Test
    void memberOfThePreviousReleaseIsServedInItsProtocol() throws IOException {
        TestNode a = node(1);
        try (Socket older = a.dial(new Handshake.Hello(2, 2, TestNode.CLUSTER, 2, 1, "older"), null)) {
            older.getOutputStream().write(TestNode.wire(HEARTBEAT));
            until("heard", () -> !a.received.isEmpty());
            assertEquals(Set.of(), a.transport.peers());
        }
        a.olderReleasesEnd = true;
        IOException refused = assertThrows(
                IOException.class, () -> a.dial(new Handshake.Hello(2, 2, TestNode.CLUSTER, 2, 1, "older"), null));
        assertTrue(refused.getMessage().contains("or a newer one"), refused.getMessage());
        a.dial(2).close();
    }

    @Test
    void aNodeOfAnotherClusterIsRefused() throws IOException {
        TestNode a = node(1);
        TestNode b = keep(new TestNode(2, 0xbad, 0, PeerOptions.standard()));
        a.transport.setPeers(List.of(b.member()));
        b.transport.setPeers(List.of(a.member()));
        until("both know", () -> !a.refusals.isEmpty() && !b.refusals.isEmpty());
        // Each refuses the other and is refused, and says the first of these: of which, chance decides.
        assertTrue(a.refusals.peek().contains("belongs to another cluster than"), a.refusals.peek());
        until("unreachable", () -> a.events("unreachable 2") == 1 && b.events("unreachable 1") == 1);
        assertFalse(a.transport.send(2, HEARTBEAT));
        assertEquals(0, a.events("connected 2"));
    }

    @Test
    void nodeWithAnotherIdIsRefused() throws IOException {
        TestNode a = node(1);
        TestNode b = node(2);
        a.transport.setPeers(List.of(TestNode.member(3, b.transport.port())));
        until("both know", () -> !a.refusals.isEmpty() && !b.refusals.isEmpty());
        assertTrue(a.refusals.peek().contains("another member than 0000000000000003"), a.refusals.peek());
        assertFalse(a.transport.send(3, HEARTBEAT));
        TestNode itself = node(2);
        itself.transport.setPeers(List.of(TestNode.member(3, itself.transport.port())));
        until("refused", () -> !itself.refusals.isEmpty());
    }

    @Test
    void peerThatNeverConnectedIsReportedOnce() throws IOException {
        TestNode a = node(1);
        int free;
        try (TestNode gone = new TestNode(2)) {
            free = gone.transport.port();
        }
        a.transport.setPeers(List.of(TestNode.member(2, free), new Member(3, "lost", true, "nonsense", "")));
        until("reported", () -> a.events.size() == 2);
        TestNode b = keep(new TestNode(2, TestNode.CLUSTER, free, PeerOptions.standard()));
        b.transport.setPeers(List.of(a.member()));
        until("there", () -> a.events("connected 2") == 1);
        assertEquals(1, a.events("unreachable 2"));
        assertEquals(1, a.events("unreachable 3"));
    }

    @Test
    void aPeerThatRestartsIsReachedAgain() throws IOException {
        TestNode a = node(1);
        TestNode b = node(2);
        connect(a, b);
        int port = b.transport.port();
        for (int round = 1; round <= 3; round++) {
            nodes.getLast().close();
            int losses = round;
            until("lost", () -> a.events("unreachable 2") == losses);
            until("both directions are closed", () -> !a.transport.send(2, HEARTBEAT));
            TestNode again = keep(new TestNode(2, TestNode.CLUSTER, port, PeerOptions.standard()));
            again.transport.setPeers(List.of(a.member()));
            until("back", () -> a.events("connected 2") == losses + 1);
            a.sendSurely(2, HEARTBEAT);
            again.sendSurely(1, HEARTBEAT);
            until("frames flow", () -> again.received.size() == 1 && a.received.size() == losses);
            assertEquals(losses, a.transport.stats(2).reconnects());
        }
    }

    @Test
    void aPeerThatMovesIsFollowed() throws IOException {
        TestNode a = node(1);
        TestNode b = node(2);
        connect(a, b);
        TestNode moved = node(2);
        moved.transport.setPeers(List.of(a.member()));
        a.transport.setPeers(List.of(moved.member()));
        until("frames reach the new place", () -> a.transport.send(2, HEARTBEAT) && !moved.received.isEmpty());
        assertTrue(a.transport.stats(2).connected());
    }

    @Test
    void aKilledProcessIsNoticedAtOnce() throws Exception {
        TestNode a = node(1);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                                .replace(File.pathSeparator + File.pathSeparator, File.pathSeparator),
                        PeerProcess.class.getName(),
                        "2",
                        "1",
                        Integer.toString(a.transport.port()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream()))) {
            a.transport.setPeers(List.of(TestNode.member(2, Integer.parseInt(out.readLine()))));
            until("connected", () -> a.events("connected 2") == 1 && a.transport.incomingSince(2) != 0);
            process.destroyForcibly();
            process.waitFor();
            long killed = System.nanoTime();
            until("noticed", () -> a.events("unreachable 2") == 1);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed);
            // Not by the silence, after 5 s.
            assertTrue(millis < 4_000, "noticed after " + millis + " ms");
            until("both connections are gone", () -> a.transport.incomingSince(2) == 0);
            until("nothing is taken", () -> !a.transport.send(2, HEARTBEAT));
            assertEquals(1, a.events("unreachable 2"), "one loss, one call");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aPeerThatDoesNotReadFillsItsOwnQueueOnly() throws Exception {
        TestNode a = node(1);
        TestNode stuck = node(2);
        TestNode free = node(3);
        connect(a, stuck, free);
        CountDownLatch release = new CountDownLatch(1);
        stuck.onFrame = frame -> await(release);
        byte[] data = new byte[100_000];
        new Random(1).nextBytes(data);
        int taken = 0;
        while (a.transport.send(2, append(taken + 1, data))) {
            taken++;
            assertTrue(taken < 1_000, "the queue has no bound");
        }
        PeerStats stats = a.transport.stats(2);
        assertTrue(stats.queuedBytes() <= PeerOptions.standard().queueBytes(), stats.toString());
        assertTrue(stats.connected() && stats.droppedFrames() >= 1, stats.toString());
        for (int i = 0; i < 100; i++) {
            a.sendSurely(3, HEARTBEAT);
        }
        until("the other peer gets its own", () -> free.received.size() == 100);
        release.countDown();
        int expected = taken;
        until("what was taken arrives", () -> stuck.received.size() >= expected);
        long index = 1;
        for (Received received : stuck.received) {
            Message.AppendRequest append = (Message.AppendRequest) ((Frame.Raft) received.frame()).message();
            assertEquals(index++, append.entries().getFirst().index());
        }
        assertEquals(0, a.events("unreachable 2"));
    }

    /**
     * What a heartbeat waits for is bounded in bytes, whatever the speed of the machine: two socket buffers, what is
     * encoded, and the frame that is being taken; never the queue. With this reader, that is some 10 ms.
     */
    @Test
    void heartbeatsPassBulkOnItsWayToASlowReader() throws IOException {
        TestNode a = node(1);
        TestNode b = node(2);
        connect(a, b);
        byte[] data = new byte[250_000];
        new Random(2).nextBytes(data);
        AtomicLong arrivedBytes = new AtomicLong();
        List<Long> passedBytes = new CopyOnWriteArrayList<>();
        List<Long> delays = new CopyOnWriteArrayList<>();
        b.onFrame = frame -> {
            b.received.clear();
            if (frame instanceof Frame.Raft(Message.Heartbeat heartbeat)) {
                delays.add(System.nanoTime() - heartbeat.round());
                passedBytes.add(arrivedBytes.get() - heartbeat.commit());
            } else {
                LockSupport.parkNanos(2_000_000);
                arrivedBytes.addAndGet(data.length);
            }
        };
        long sentBytes = 0;
        long mostQueuedBytes = 0;
        long nextHeartbeat = System.nanoTime();
        while (sentBytes < 210L << 20) {
            if (a.transport.send(2, append(1 + sentBytes, data))) {
                sentBytes += data.length;
            }
            if (System.nanoTime() - nextHeartbeat >= 0) {
                nextHeartbeat = System.nanoTime() + 5_000_000;
                mostQueuedBytes = Math.max(mostQueuedBytes, a.transport.stats(2).queuedBytes());
                a.transport.send(2, new Frame.Raft(new Message.Heartbeat(1, arrivedBytes.get(), System.nanoTime(), 1)));
            }
            LockSupport.parkNanos(200_000);
        }
        until("enough heartbeats", () -> delays.size() > 50);
        List<Long> sorted = delays.stream().sorted().toList();
        long worstBytes = Collections.max(passedBytes);
        System.out.printf(
                "%d heartbeats next to %d MiB: p50 %.1f ms, p99 %.1f ms, behind %d KiB at most%n",
                sorted.size(),
                sentBytes >> 20,
                sorted.get(sorted.size() / 2) / 1e6,
                sorted.get(sorted.size() * 99 / 100) / 1e6,
                worstBytes >> 10);
        assertTrue(mostQueuedBytes > 12 << 20, "there was nothing to pass: " + mostQueuedBytes);
        assertTrue(worstBytes < 3 << 20, "a heartbeat waited for " + worstBytes + " bytes");
    }

    private static Frame append(long index, byte[] data) {
        return new Frame.Raft(
                new Message.AppendRequest(1, index - 1, 1, List.of(new Entry(index, 1, Entry.Kind.COMMAND, data)), 0));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
