package io.raftgres.node.peer;

import io.raftgres.raft.Entry;
import io.raftgres.raft.Message;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Measures round trips and throughput between two transports in one process. Run by hand, not by the build. */
final class PeerSpeed {
    private static final int ROUND_TRIPS = 50_000;
    private static final int SMALL_FRAMES = 1_000_000;
    private static final int LARGE_FRAMES = 4_000;

    private PeerSpeed() {}

    public static void main(String[] args) throws IOException {
        try (TestNode a = new TestNode(1);
                TestNode b = new TestNode(2)) {
            TestNode.connect(a, b);
            for (int round = 0; round < 4; round++) {
                roundTrips(a, b);
                throughput(a, b, "small frames", SMALL_FRAMES, new Frame.Raft(new Message.AppendAccepted(1, 2)));
                byte[] value = new byte[256];
                new Random(1).nextBytes(value);
                throughput(a, b, "appends of 256 bytes", SMALL_FRAMES / 4, append(value));
                byte[] large = new byte[250_000];
                new Random(1).nextBytes(large);
                throughput(a, b, "appends of 250 kB", LARGE_FRAMES, append(large));
            }
        }
    }

    private static Frame append(byte[] value) {
        return new Frame.Raft(
                new Message.AppendRequest(1, 1, 1, List.of(new Entry(2, 1, Entry.Kind.COMMAND, value)), 1));
    }

    private static void roundTrips(TestNode a, TestNode b) {
        AtomicLong back = new AtomicLong();
        Thread main = Thread.currentThread();
        b.onFrame = frame -> {
            b.received.clear();
            b.transport.send(1, frame);
        };
        a.onFrame = frame -> {
            a.received.clear();
            back.incrementAndGet();
            LockSupport.unpark(main);
        };
        long[] nanos = new long[ROUND_TRIPS];
        Frame frame = new Frame.Raft(new Message.AppendAccepted(1, 1));
        for (int i = 0; i < ROUND_TRIPS; i++) {
            long before = back.get();
            long start = System.nanoTime();
            a.sendSurely(2, frame);
            while (back.get() == before) {
                LockSupport.park();
            }
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        System.out.printf(
                "round trip: median %.1f us, p99 %.1f us%n",
                nanos[ROUND_TRIPS / 2] / 1e3, nanos[ROUND_TRIPS * 99 / 100] / 1e3);
        a.onFrame = ignored -> {};
    }

    private static void throughput(TestNode a, TestNode b, String what, int frames, Frame frame) {
        AtomicLong got = new AtomicLong();
        b.onFrame = received -> {
            b.received.clear();
            got.incrementAndGet();
        };
        long start = System.nanoTime();
        for (int i = 0; i < frames; i++) {
            while (!a.transport.send(2, frame)) {
                Thread.onSpinWait();
            }
        }
        TestNode.until("all is there", () -> got.get() == frames);
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                "%s: %.0f/s, %.0f MB/s%n",
                what, frames / seconds, PacketCodec.size(frame) * (double) frames / seconds / 1e6);
    }
}
