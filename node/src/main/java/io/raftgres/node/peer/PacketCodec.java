package io.raftgres.node.peer;

import java.nio.ByteBuffer;

/** Encodes packets, without the segments that carry them. */
final class PacketCodec {
    private PacketCodec() {}

    static final byte RAFT = 1;
    static final byte FORWARD_REQUEST = 2;
    static final byte FORWARD_RESPONSE = 3;
    static final byte NODE_STATUS = 4;
    static final byte PING = 5;
    static final byte PONG = 6;
    static final byte ADMIN_REQUEST = 9;
    static final byte ADMIN_RESPONSE = 10;
    static final byte LEASE_REQUEST = 11;
    static final byte LEASE_RESPONSE = 12;
    private static final int LEASE_BYTES = 3 * Long.BYTES + 1;
    static final byte SNAPSHOT_REQUEST = 7;
    static final byte SNAPSHOT_RESPONSE = 8;

    /** Upper bound of an urgent packet: urgent packets have a fixed size. */
    static final int MAX_URGENT_BYTES = 64;

    private static final int PING_BYTES = 8;

    static byte type(Packet packet) {
        return switch (packet) {
            case Packet.Data(Frame.Raft frame, int size) -> RAFT;
            case Packet.Data(Frame.ForwardRequest frame, int size) -> FORWARD_REQUEST;
            case Packet.Data(Frame.ForwardResponse frame, int size) -> FORWARD_RESPONSE;
            case Packet.Data(Frame.AdminRequest frame, int size) -> ADMIN_REQUEST;
            case Packet.Data(Frame.AdminResponse frame, int size) -> ADMIN_RESPONSE;
            case Packet.Data(Frame.SnapshotRequest frame, int size) -> SNAPSHOT_REQUEST;
            case Packet.Data(Frame.SnapshotResponse frame, int size) -> SNAPSHOT_RESPONSE;
            case Packet.Data(Frame.LeaseRequest frame, int size) -> LEASE_REQUEST;
            case Packet.Data(Frame.LeaseResponse frame, int size) -> LEASE_RESPONSE;
            case Packet.Data(Frame.NodeStatus frame, int size) -> NODE_STATUS;
            case Packet.Ping ping -> PING;
            case Packet.Pong pong -> PONG;
        };
    }

    static long size(Frame frame) {
        return switch (frame) {
            case Frame.Raft f -> MessageCodec.size(f.message());
            case Frame.ForwardRequest f -> 16L + f.payload().length;
            case Frame.ForwardResponse f -> 9L + f.payload().length;
            case Frame.AdminRequest f -> 16L + f.payload().length;
            case Frame.AdminResponse f -> 8L + f.payload().length;
            case Frame.SnapshotRequest f -> 8L + f.payload().length;
            case Frame.SnapshotResponse f -> 8L + f.payload().length;
            case Frame.LeaseRequest f -> LEASE_BYTES;
            case Frame.LeaseResponse f -> LEASE_BYTES;
            case Frame.NodeStatus f -> f.payload().length;
        };
    }

    static int size(Packet packet) {
        return switch (packet) {
            case Packet.Data data -> data.size();
            case Packet.Ping ping -> PING_BYTES;
            case Packet.Pong pong -> PING_BYTES;
        };
    }

    static boolean urgent(Packet packet) {
        return switch (packet) {
            case Packet.Data(Frame.Raft frame, int size) -> MessageCodec.urgent(frame.message());
            case Packet.Data data -> false;
            case Packet.Ping ping -> true;
            case Packet.Pong pong -> true;
        };
    }

    static void encode(Packet packet, ByteBuffer out) {
        switch (packet) {
            case Packet.Data(Frame.Raft frame, int size) -> MessageCodec.encode(frame.message(), out);
            case Packet.Data(Frame.ForwardRequest frame, int size) ->
                out.putLong(frame.id()).putLong(frame.timeoutMillis()).put(frame.payload());
            case Packet.Data(Frame.ForwardResponse frame, int size) ->
                out.putLong(frame.id()).put(frame.status()).put(frame.payload());
            case Packet.Data(Frame.AdminRequest frame, int size) ->
                out.putLong(frame.id()).putLong(frame.timeoutMillis()).put(frame.payload());
            case Packet.Data(Frame.AdminResponse frame, int size) ->
                out.putLong(frame.id()).put(frame.payload());
            case Packet.Data(Frame.SnapshotRequest frame, int size) ->
                out.putLong(frame.id()).put(frame.payload());
            case Packet.Data(Frame.SnapshotResponse frame, int size) ->
                out.putLong(frame.id()).put(frame.payload());
            case Packet.Data(Frame.LeaseRequest frame, int size) ->
                out.putLong(frame.id())
                        .putLong(frame.timeoutMillis())
                        .putLong(frame.lease())
                        .put((byte) (frame.renew() ? 1 : 0));
            case Packet.Data(Frame.LeaseResponse frame, int size) ->
                out.putLong(frame.id())
                        .putLong(frame.ttlSeconds())
                        .putLong(frame.leftMillis())
                        .put(frame.status());
            case Packet.Data(Frame.NodeStatus frame, int size) -> out.put(frame.payload());
            case Packet.Ping ping -> out.putLong(ping.nanos());
            case Packet.Pong pong -> out.putLong(pong.nanos());
        }
    }

    /** Reads one packet from all remaining bytes of {@code in}. */
    static Packet decode(byte type, ByteBuffer in) throws ProtocolException {
        int size = in.remaining();
        return switch (type) {
            case RAFT -> new Packet.Data(new Frame.Raft(MessageCodec.decode(in)), size);
            case FORWARD_REQUEST -> {
                need(in, 16, type);
                yield new Packet.Data(new Frame.ForwardRequest(in.getLong(), in.getLong(), rest(in)), size);
            }
            case FORWARD_RESPONSE -> {
                need(in, 9, type);
                yield new Packet.Data(new Frame.ForwardResponse(in.getLong(), in.get(), rest(in)), size);
            }
            case ADMIN_REQUEST -> {
                need(in, 16, type);
                yield new Packet.Data(new Frame.AdminRequest(in.getLong(), in.getLong(), rest(in)), size);
            }
            case ADMIN_RESPONSE -> {
                need(in, 8, type);
                yield new Packet.Data(new Frame.AdminResponse(in.getLong(), rest(in)), size);
            }
            case SNAPSHOT_REQUEST -> {
                need(in, 8, type);
                yield new Packet.Data(new Frame.SnapshotRequest(in.getLong(), rest(in)), size);
            }
            case SNAPSHOT_RESPONSE -> {
                need(in, 8, type);
                yield new Packet.Data(new Frame.SnapshotResponse(in.getLong(), rest(in)), size);
            }
            case LEASE_REQUEST -> {
                needExactly(in, LEASE_BYTES, type);
                yield new Packet.Data(
                        new Frame.LeaseRequest(in.getLong(), in.getLong(), in.getLong(), in.get() != 0), size);
            }
            case LEASE_RESPONSE -> {
                needExactly(in, LEASE_BYTES, type);
                long id = in.getLong();
                long ttlSeconds = in.getLong();
                long leftMillis = in.getLong();
                yield new Packet.Data(new Frame.LeaseResponse(id, in.get(), ttlSeconds, leftMillis), size);
            }
            case NODE_STATUS -> new Packet.Data(new Frame.NodeStatus(rest(in)), size);
            case PING -> new Packet.Ping(nanos(in, type));
            case PONG -> new Packet.Pong(nanos(in, type));
            default -> throw new ProtocolException("unknown frame type " + type);
        };
    }

    private static long nanos(ByteBuffer in, byte type) throws ProtocolException {
        needExactly(in, PING_BYTES, type);
        return in.getLong();
    }

    private static void needExactly(ByteBuffer in, int bytes, byte type) throws ProtocolException {
        if (in.remaining() != bytes) {
            throw new ProtocolException("frame of type " + type + " has " + in.remaining() + " bytes");
        }
    }

    private static byte[] rest(ByteBuffer in) {
        byte[] bytes = new byte[in.remaining()];
        in.get(bytes);
        return bytes;
    }

    private static void need(ByteBuffer in, int bytes, byte type) throws ProtocolException {
        if (in.remaining() < bytes) {
            throw new ProtocolException("frame of type " + type + " has " + in.remaining() + " bytes");
        }
    }
}
