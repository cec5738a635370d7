package io.raftgres.node.peer;

import java.util.ArrayDeque;

/**
 * Packets that wait for one peer, in two lanes: urgent ones, and all others in the order given. Bounded; what does not
 * fit is refused. Closed while there is no connection. Any thread may call.
 */
final class SendQueue {
    private final int maxBytes;
    private final int maxFrames;
    private final ArrayDeque<Packet> urgent = new ArrayDeque<>();
    private final ArrayDeque<Packet> bulk = new ArrayDeque<>();
    private long bytes;
    private boolean open;

    /** Written under the lock, read without it by those who only want to know whether the way is free. */
    private volatile int count;

    SendQueue(int maxBytes, int maxFrames) {
        this.maxBytes = maxBytes;
        this.maxFrames = maxFrames;
    }

    /** @return false when refused: closed or full */
    synchronized boolean offer(Packet packet) {
        ArrayDeque<Packet> lane = PacketCodec.urgent(packet) ? urgent : bulk;
        if (!open || lane.size() >= limit(packet, maxFrames)) {
            return false;
        }
        int size = PacketCodec.size(packet);
        if (lane == bulk && !bulk.isEmpty() && bytes + size > limit(packet, maxBytes)) {
            return false;
        }
        lane.add(packet);
        bytes += size;
        count++;
        return true;
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
            bytes -= PacketCodec.size(packet);
            count--;
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
        return bytes;
    }

    synchronized void open() {
        open = true;
    }

    /** Refuses from now on, and forgets what waits. */
    synchronized void close() {
        open = false;
        urgent.clear();
        bulk.clear();
        bytes = 0;
        count = 0;
    }
}
