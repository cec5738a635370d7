package io.raftgres.node.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import io.raftgres.raft.Entry;
import io.raftgres.raft.Message;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Messages and frames survive the network, and invalid bytes do no harm. */
class PacketStreamTest {
    private static final int MAX_FRAME = 1 << 20;

    @Test
    void everyMessageSurvivesEncoding() throws IOException {
        RandomFrames frames = new RandomFrames(1);
        for (int round = 0; round < 500; round++) {
            for (int type = 0; type < RandomFrames.MESSAGE_TYPES; type++) {
                Message message = frames.message(type);
                ByteBuffer bytes = ByteBuffer.allocate((int) MessageCodec.size(message));
                MessageCodec.encode(message, bytes);
                assertEquals(0, bytes.remaining(), "size of " + message);
                Message back = MessageCodec.decode(bytes.flip());
                assertEquals(RandomFrames.text(new Frame.Raft(message)), RandomFrames.text(new Frame.Raft(back)));
                assertTrue(!MessageCodec.urgent(message) || bytes.limit() <= PacketCodec.MAX_URGENT_BYTES);
            }
        }
    }

    @Test
    void randomBytesAsMessageAreRefused() {
        Random random = new Random(2);
        for (int round = 0; round < 200_000; round++) {
            byte[] bytes = new byte[random.nextInt(80)];
            random.nextBytes(bytes);
            if (bytes.length > 0 && random.nextInt(4) > 0) {
                bytes[0] = (byte) random.nextInt(14);
            }
            decodes(bytes);
        }
    }

    @Test
    void changedAndShortenedMessagesAreRefusedOrRead() {
        RandomFrames frames = new RandomFrames(3);
        Random random = new Random(3);
        for (int round = 0; round < 50_000; round++) {
            Message message = frames.message(round % RandomFrames.MESSAGE_TYPES);
            ByteBuffer buffer = ByteBuffer.allocate((int) MessageCodec.size(message));
            MessageCodec.encode(message, buffer);
            byte[] bytes = buffer.array();
            byte[] shorter = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            assertThrows(ProtocolException.class, () -> MessageCodec.decode(ByteBuffer.wrap(shorter)));
            for (int i = 0; i <= random.nextInt(3); i++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            decodes(bytes);
            decodes(Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(20)));
        }
    }

    /** Anything but a message or a ProtocolException fails the test. */
    private static void decodes(byte[] bytes) {
        try {
            MessageCodec.decode(ByteBuffer.wrap(bytes));
        } catch (ProtocolException e) {
            assertTrue(e.getMessage().length() > 5);
        }
    }

    @Test
    void anAppendThatClaimsManyEntriesAllocatesNothing() {
        ByteBuffer bytes = ByteBuffer.allocate(60);
        bytes.put((byte) 5)
                .putLong(1)
                .putLong(1)
                .putLong(1)
                .putLong(1)
                .putInt(Integer.MAX_VALUE)
                .rewind();
        assertThrows(ProtocolException.class, () -> MessageCodec.decode(bytes));
    }

    @Test
    void framesOfAllSizesAreReadInOrderFromSmallReads() throws IOException {
        RandomFrames frames = new RandomFrames(4);
        List<Frame> sent = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            sent.add(i % 20 == 0 ? new Frame.Raft(frames.append(10, 60_000)) : frames.frame());
        }
        sent.add(new Frame.NodeStatus(new byte[0]));
        sent.add(new Frame.ForwardRequest(1, 1, new byte[MAX_FRAME - 16]));
        List<String> expected =
                sent.stream().filter(f -> !urgent(f)).map(RandomFrames::text).toList();
        byte[] wire = wire(sent);
        List<String> got = readAll(new Drip(wire, 5)).stream()
                .filter(f -> !urgent(f))
                .map(RandomFrames::text)
                .toList();
        assertEquals(expected, got);
    }

    @Test
    void everyPrefixOfAStreamEndsCleanly() throws IOException {
        RandomFrames frames = new RandomFrames(5);
        List<Frame> sent = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            sent.add(new Frame.Raft(frames.message(i)));
        }
        byte[] wire = wire(sent);
        for (int length = 0; length < wire.length; length++) {
            try {
                readAll(new ByteArrayInputStream(wire, 0, length));
            } catch (EOFException e) {
                assertTrue(e.getMessage().contains("within a frame"));
            }
        }
    }

    @Test
    void anyFlippedBitIsNoticed() throws IOException {
        RandomFrames frames = new RandomFrames(6);
        byte[] wire = wire(List.of(new Frame.Raft(frames.append(3, 50)), new Frame.NodeStatus(new byte[20])));
        for (int bit = 0; bit < wire.length * 8; bit++) {
            byte[] damaged = wire.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            assertThrows(IOException.class, () -> readAll(new ByteArrayInputStream(damaged)), "bit " + bit);
        }
    }

    @Test
    void garbageIsRefused() {
        Random random = new Random(7);
        for (int round = 0; round < 2_000; round++) {
            byte[] bytes = new byte[10 + random.nextInt(300)];
            random.nextBytes(bytes);
            assertThrows(IOException.class, () -> readAll(new ByteArrayInputStream(bytes)));
        }
    }

    @Test
    void segmentsWithRightChecksumsAndWrongContentAreRefused() {
        Random random = new Random(8);
        for (int round = 0; round < 20_000; round++) {
            ByteArrayOutputStream wire = new ByteArrayOutputStream();
            for (int i = 0; i < 4; i++) {
                byte[] payload = new byte[random.nextInt(100)];
                random.nextBytes(payload);
                wire.writeBytes(segment((byte) random.nextInt(9), random.nextInt(8), payload));
            }
            try {
                readAll(new ByteArrayInputStream(wire.toByteArray()));
            } catch (ProtocolException | EOFException e) {
                assertTrue(e.getMessage().length() > 5);
            } catch (IOException e) {
                throw new AssertionError("unexpected", e);
            }
        }
    }

    @Test
    void anEndlessFrameIsCutOffAtTheBound() {
        byte[] part = segment(PacketCodec.NODE_STATUS, WireSegment.FRAGMENT, new byte[WireSegment.MAX_PAYLOAD_BYTES]);
        InputStream endless = new InputStream() {
            private int at;

            @Override
            public int read() {
                return part[at++ % part.length] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                for (int i = 0; i < length; i++) {
                    bytes[offset + i] = (byte) read();
                }
                return length;
            }
        };
        ProtocolException e = assertThrows(ProtocolException.class, () -> readAll(endless));
        assertTrue(e.getMessage().contains("limit of " + MAX_FRAME), e.getMessage());
    }

    @Test
    void aZipBombIsRefusedBeforeItIsInflated() {
        byte[] bomb = Zstd.compress(new byte[MAX_FRAME + 1], 1);
        refusedBomb(MAX_FRAME + 1, bomb, "but the limit is");
        refusedBomb(100, bomb, "announced 100 bytes");
        refusedBomb(-1, bomb, "but the limit is");
        refusedBomb(0, new byte[0], "announced 0 bytes");
        byte[] claims = Zstd.compress(new byte[1000], 1);
        byte[] twice = Arrays.copyOf(claims, 2 * claims.length);
        System.arraycopy(claims, 0, twice, claims.length, claims.length);
        refusedBomb(1000, twice, "damaged");
        refusedBomb(1000, Arrays.copyOf(claims, claims.length - 1), "");
        // inflates well, but is no message
        refusedBomb(1000, claims, "unknown message type 0");
    }

    private static void refusedBomb(int claimed, byte[] zstd, String reason) {
        byte[] payload =
                ByteBuffer.allocate(4 + zstd.length).putInt(claimed).put(zstd).array();
        byte[] wire = segment(PacketCodec.RAFT, WireSegment.COMPRESSED, payload);
        ProtocolException e = assertThrows(ProtocolException.class, () -> readAll(new ByteArrayInputStream(wire)));
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }

    @Test
    void damagedCompressedFramesAreRefused() {
        Random random = new Random(9);
        byte[] raw = new byte[3000];
        for (int round = 0; round < 5_000; round++) {
            for (int i = 0; i < raw.length; i++) {
                raw[i] = (byte) random.nextInt(4);
            }
            byte[] zstd = Zstd.compress(raw, 1);
            zstd[random.nextInt(zstd.length)] = (byte) random.nextInt();
            byte[] payload = ByteBuffer.allocate(4 + zstd.length)
                    .putInt(raw.length)
                    .put(zstd)
                    .array();
            byte[] wire = segment(PacketCodec.RAFT, WireSegment.COMPRESSED, payload);
            assertThrows(ProtocolException.class, () -> readAll(new ByteArrayInputStream(wire)));
        }
    }

    @Test
    void largeAppendsShrinkWhenTheyCanAndTravelAsTheyAreWhenNot() throws IOException {
        byte[] dull = new byte[200_000];
        byte[] random = new byte[200_000];
        new Random(10).nextBytes(random);
        assertTrue(wire(List.of(appendOf(dull))).length < 10_000);
        int length = wire(List.of(appendOf(random))).length;
        assertTrue(length > 200_000 && length < 200_300, "length " + length);
        List<Frame> mixed = List.of(appendOf(dull), appendOf(random), appendOf(dull), appendOf(random));
        assertEquals(
                mixed.stream().map(RandomFrames::text).toList(),
                readAll(new ByteArrayInputStream(wire(mixed))).stream()
                        .map(RandomFrames::text)
                        .toList());
    }

    @Test
    void anUrgentFramePassesTheOneThatIsBeingSent() throws IOException {
        SendQueue queue = new SendQueue(10 << 20, 100);
        queue.open();
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        try (PacketWriter writer = new PacketWriter(16 << 10)) {
            byte[] random = new byte[500_000];
            new Random(11).nextBytes(random);
            queue.offer(data(appendOf(random)));
            queue.offer(data(new Frame.Raft(new Message.AppendAccepted(1, 1))));
            assertTrue(writer.fill(queue));
            writer.flush(Channels.newChannel(wire)::write);
            queue.offer(data(new Frame.Raft(new Message.Heartbeat(1, 2, 3, 4))));
            while (writer.fill(queue)) {
                writer.flush(Channels.newChannel(wire)::write);
            }
            assertTrue(writer.idle());
        }
        List<Frame> got = readAll(new ByteArrayInputStream(wire.toByteArray()));
        assertEquals(3, got.size());
        assertEquals(new Frame.Raft(new Message.Heartbeat(1, 2, 3, 4)), got.get(0));
        assertInstanceOf(Message.AppendRequest.class, ((Frame.Raft) got.get(1)).message());
        assertEquals(new Frame.Raft(new Message.AppendAccepted(1, 1)), got.get(2));
    }

    @Test
    void theQueueHasBounds() {
        SendQueue queue = new SendQueue(1_000, 10);
        Packet heartbeat = data(new Frame.Raft(new Message.Heartbeat(1, 2, 3, 4)));
        assertTrue(!queue.offer(heartbeat), "closed");
        queue.open();
        Packet large = data(new Frame.ForwardRequest(1, 1, new byte[5_000]));
        assertTrue(queue.offer(large), "one is always taken: it must get through");
        assertTrue(!queue.offer(large));
        for (int i = 0; i < 10; i++) {
            assertTrue(queue.offer(heartbeat), "urgent frames have their own room");
        }
        assertTrue(!queue.offer(heartbeat));
        assertEquals(11, queue.count());
        for (int i = 0; i < 10; i++) {
            assertEquals(heartbeat, queue.pollUrgent());
        }
        assertEquals(large, queue.pollBulk());
        assertNull(queue.pollBulk());
        assertEquals(0, queue.bytes());
        Packet request = data(new Frame.ForwardRequest(1, 1, new byte[10]));
        int requests = 0;
        while (queue.offer(request)) {
            requests++;
        }
        assertTrue(queue.offer(data(new Frame.Raft(new Message.AppendAccepted(1, 1)))), "room is kept for Raft");
        assertEquals(6, requests);
        queue.close();
        assertTrue(queue.isEmpty() && queue.bytes() == 0);
    }

    private static boolean urgent(Frame frame) {
        return PacketCodec.urgent(data(frame));
    }

    private static Packet data(Frame frame) {
        return new Packet.Data(frame, (int) PacketCodec.size(frame));
    }

    private static Frame appendOf(byte[] data) {
        return new Frame.Raft(new Message.AppendRequest(
                3, 7, 2, List.of(new Entry(8, 3, Entry.Kind.COMMAND, data), Entry.noop(9, 3)), 5));
    }

    private static byte[] segment(byte type, int flags, byte[] payload) {
        ByteBuffer out = ByteBuffer.allocate(WireSegment.HEADER_BYTES + payload.length);
        WireSegment.begin(out, payload.length, type, flags);
        WireSegment.seal(out.put(payload), 0);
        return out.array();
    }

    private static byte[] wire(List<Frame> frames) throws IOException {
        SendQueue queue = new SendQueue(64 << 20, 1_000);
        queue.open();
        frames.forEach(frame -> assertTrue(queue.offer(data(frame))));
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        try (PacketWriter writer = new PacketWriter(16 << 10)) {
            while (writer.fill(queue)) {
                assertTrue(writer.flush(Channels.newChannel(wire)::write));
            }
        }
        return wire.toByteArray();
    }

    private static List<Frame> readAll(InputStream in) throws IOException {
        List<Frame> frames = new ArrayList<>();
        try (PacketReader reader = new PacketReader(in, MAX_FRAME)) {
            for (Packet packet = reader.next(); packet != null; packet = reader.next()) {
                if (packet instanceof Packet.Data data) {
                    frames.add(data.frame());
                }
            }
        }
        return frames;
    }

    /** Gives a few bytes at a time, sometimes many. */
    private static final class Drip extends ByteArrayInputStream {
        private final Random random;

        Drip(byte[] bytes, long seed) {
            super(bytes);
            random = new Random(seed);
        }

        @Override
        public synchronized int read(byte[] bytes, int offset, int length) {
            int most = random.nextInt(10) == 0 ? 20 : 200_000;
            return super.read(bytes, offset, Math.min(length, 1 + random.nextInt(most)));
        }
    }
}
