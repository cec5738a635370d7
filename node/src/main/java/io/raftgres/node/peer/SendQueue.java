package io.raftgres.node.peer;

import java.util.ArrayDeque;

/**
 * Packets that wait for one peer, in two lanes: urgent ones, and all others in the order given. It is bounded and
 * refuses packets that do not fit. Responses have their own room: their requests are done, so they must fit however
 * much else waits. Closed while there is no connection. Any thread may call.
 */
final class SendQueue {
    /** Cost of each response besides its size: there may be very many. */
    private static final int RESPONSE_OVERHEAD_BYTES = 128;

    /** Size of a response that only says that the real one does not fit. */
    private static final int SHORT_RESPONSE_BYTES = 16;

    private final int maxBytes;
    private final int maxFrames;
    private final ArrayDeque<Packet> urgent = new ArrayDeque<>();
    private final ArrayDeque<Packet> bulk = new ArrayDeque<>();
    private long bytes;
    /** Responses in the bulk lane. */
    private int responses;

    private long responseBytes;
    private boolean open;

    /** Written under the lock, read without it by threads that only check whether the queue is empty. */
    private volatile int count;

    SendQueue(int maxBytes, int maxFrames) {
        this.maxBytes = maxBytes;
        this.maxFrames = maxFrames;
    }

    /** @return false when refused: closed or full */
    synchronized boolean offer(Packet packet) {
        ArrayDeque<Packet> lane = PacketCodec.urgent(packet) ? urgent : bulk;
        if (!open || (isResponse(packet) ? !hasRoomForResponse(packet) : !hasRoom(lane, packet))) {
            return false;
        }
        lane.add(packet);
        account(packet, 1);
        return true;
    }

    private boolean hasRoom(ArrayDeque<Packet> lane, Packet packet) {
        int waiting = lane == bulk ? bulk.size() - responses : lane.size();
        return waiting < limit(packet, maxFrames)
                && (lane == urgent || waiting == 0 || bytes + PacketCodec.size(packet) <= limit(packet, maxBytes));
    }

    private boolean hasRoomForResponse(Packet packet) {
        int size = PacketCodec.size(packet);
        long room = size <= SHORT_RESPONSE_BYTES ? 2L * maxBytes : maxBytes;
        return responses == 0 || responseBytes + size + RESPONSE_OVERHEAD_BYTES <= room;
    }

    private static boolean isResponse(Packet packet) {
        return packet instanceof Packet.Data(Frame.ForwardResponse response, int size);
    }

    private void account(Packet packet, int sign) {
        int size = PacketCodec.size(packet);
        if (isResponse(packet)) {
            responses += sign;
            responseBytes += sign * (size + RESPONSE_OVERHEAD_BYTES);
        } else {
            bytes += sign * size;
        }
        count += sign;
    }

    /** Clients' requests get half the room and snapshots a quarter, so that they cannot crowd out replication. */
    private static int limit(Packet packet, int limit) {
        if (!(packet instanceof Packet.Data data)) {
            return limit;
        }
        return switch (data.frame()) {
            case Frame.Raft frame -> limit;
            case Frame.SnapshotRequest frame -> limit / 4 + 1;
            case Frame.SnapshotResponse frame -> limit / 4 + 1;
            default -> limit / 2 + 1;
        };
    }

    synchronized Packet pollUrgent() {
        return taken(urgent.poll());
    }

    synchronized Packet pollBulk() {
        return taken(bulk.poll());
    }

    private Packet taken(Packet packet) {
        if (packet != null) {
            account(packet, -1);
        }
        return packet;
    }

    boolean isEmpty() {
        return count == 0;
    }

    int count() {
        return count;
    }

    synchronized long bytes() {
        return bytes + responseBytes;
    }

    synchronized void open() {
        open = true;
    }

    /** Refuses all packets from now on, and drops the waiting ones. */
    synchronized void close() {
        open = false;
        urgent.clear();
        bulk.clear();
        bytes = 0;
        responses = 0;
        responseBytes = 0;
        count = 0;
    }
}
