package io.raftgres.node.peer;

import io.raftgres.raft.Entry;
import io.raftgres.raft.Message;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Frames of every type from a seed. */
final class RandomFrames {
    static final int MESSAGE_TYPES = 13;

    private final Random random;

    RandomFrames(long seed) {
        random = new Random(seed);
    }

    Frame frame() {
        return switch (random.nextInt(12)) {
            case 0 -> new Frame.ForwardRequest(random.nextLong(), random.nextLong(), bytes(2_000));
            case 1 -> new Frame.ForwardResponse(random.nextLong(), (byte) random.nextInt(), bytes(2_000));
            case 2 -> new Frame.NodeStatus(bytes(500));
            case 3 -> new Frame.AdminRequest(random.nextLong(), random.nextLong(), bytes(500));
            case 4 -> new Frame.AdminResponse(random.nextLong(), bytes(500));
            case 5 -> new Frame.SnapshotRequest(random.nextLong(), bytes(50));
            case 6 -> new Frame.SnapshotResponse(random.nextLong(), bytes(2_000));
            case 7 ->
                new Frame.LeaseRequest(random.nextLong(), random.nextLong(), random.nextLong(), random.nextBoolean());
            case 8 ->
                new Frame.LeaseResponse(
                        random.nextLong(), (byte) random.nextInt(), random.nextLong(), random.nextLong());
            default -> new Frame.Raft(message(random.nextInt(MESSAGE_TYPES)));
        };
    }

    Message message(int type) {
        return switch (type) {
            case 0 -> new Message.PreVoteRequest(number(), number(), number());
            case 1 -> new Message.PreVoteResponse(number(), random.nextBoolean());
            case 2 -> new Message.VoteRequest(number(), number(), number(), random.nextBoolean());
            case 3 -> new Message.VoteResponse(number(), random.nextBoolean());
            case 4 -> append(random.nextInt(20), 300);
            case 5 -> new Message.AppendAccepted(number(), number());
            case 6 -> new Message.AppendRejected(number(), number(), number(), number());
            case 7 -> new Message.Heartbeat(number(), number(), number(), number());
            case 8 -> new Message.HeartbeatResponse(number(), number(), random.nextBoolean());
            case 9 -> new Message.ReadIndexRequest(number(), random.nextLong());
            case 10 -> new Message.ReadIndexResponse(number(), random.nextLong(), number());
            case 11 -> new Message.TimeoutNow(number());
            case 12 -> new Message.SnapshotRequired(number(), number());
            default -> throw new IllegalArgumentException("type " + type);
        };
    }

    Message.AppendRequest append(int entries, int maxBytes) {
        long prev = number() / 2;
        List<Entry> list = new ArrayList<>();
        for (int i = 1; i <= entries; i++) {
            Entry.Kind kind = Entry.Kind.values()[random.nextInt(Entry.Kind.values().length)];
            list.add(new Entry(prev + i, 1 + number() / 2, kind, bytes(maxBytes)));
        }
        return new Message.AppendRequest(number(), prev, number(), list, number());
    }

    /** @return never negative, of any magnitude */
    private long number() {
        return random.nextLong() >>> 1 + random.nextInt(62);
    }

    /** @return up to {@code max} bytes, half of the time such that they can be compressed */
    byte[] bytes(int max) {
        byte[] bytes = new byte[random.nextInt(max + 1)];
        if (random.nextBoolean()) {
            random.nextBytes(bytes);
        } else {
            Arrays.fill(bytes, (byte) random.nextInt());
        }
        return bytes;
    }

    /** @return what two frames must have in common to be the same: arrays by content */
    static String text(Frame frame) {
        return switch (frame) {
            case Frame.Raft(Message.AppendRequest m) -> {
                StringBuilder text = new StringBuilder(
                        "append " + m.term() + " " + m.prevIndex() + " " + m.prevTerm() + " " + m.commit());
                for (Entry entry : m.entries()) {
                    text.append(' ').append(entry).append(Arrays.hashCode(entry.data()));
                }
                yield text.toString();
            }
            case Frame.Raft(Message m) -> m.toString();
            case Frame.ForwardRequest f ->
                "request " + f.id() + " " + f.timeoutMillis() + " " + Arrays.hashCode(f.payload());
            case Frame.ForwardResponse f ->
                "response " + f.id() + " " + f.status() + " " + Arrays.hashCode(f.payload());
            case Frame.AdminRequest f ->
                "admin " + f.id() + " " + f.timeoutMillis() + " " + Arrays.hashCode(f.payload());
            case Frame.AdminResponse f -> "answer " + f.id() + " " + Arrays.hashCode(f.payload());
            case Frame.SnapshotRequest f -> "snapshot? " + f.id() + " " + Arrays.hashCode(f.payload());
            case Frame.SnapshotResponse f -> "snapshot " + f.id() + " " + Arrays.hashCode(f.payload());
            case Frame.LeaseRequest f -> f.toString();
            case Frame.LeaseResponse f -> f.toString();
            case Frame.NodeStatus f -> "status " + Arrays.hashCode(f.payload());
        };
    }
}
