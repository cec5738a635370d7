package io.raftgres.node.peer;

import io.raftgres.raft.Message;
import java.util.Objects;

/** A message that one node sends to another. Byte arrays are not copied and must not change after construction. */
public sealed interface Frame {

    /** A message between two Raft cores. */
    record Raft(Message message) implements Frame {
        public Raft {
            Objects.requireNonNull(message);
        }
    }

    /**
     * A client's request forwarded to the leader.
     *
     * @param id the sender's own number, which the response repeats
     * @param timeoutMillis the remainder of the client's timeout
     */
    record ForwardRequest(long id, long timeoutMillis, byte[] payload) implements Frame {
        public ForwardRequest {
            Objects.requireNonNull(payload);
        }
    }

    /** @param id the request's; @param status meaning of {@code payload}, defined by the forwarding code */
    record ForwardResponse(long id, byte status, byte[] payload) implements Frame {
        public ForwardResponse {
            Objects.requireNonNull(payload);
        }
    }

    /**
     * A membership change forwarded to the leader.
     *
     * @param id the sender's own number, which the response repeats
     */
    record AdminRequest(long id, long timeoutMillis, byte[] payload) implements Frame {
        public AdminRequest {
            Objects.requireNonNull(payload);
        }
    }

    /** @param id the request's */
    record AdminResponse(long id, byte[] payload) implements Frame {
        public AdminResponse {
            Objects.requireNonNull(payload);
        }
    }

    /**
     * Requests a snapshot, or a part of one.
     *
     * @param id the sender's own number, which the response repeats
     */
    record SnapshotRequest(long id, byte[] payload) implements Frame {
        public SnapshotRequest {
            Objects.requireNonNull(payload);
        }
    }

    /** @param id the request's */
    record SnapshotResponse(long id, byte[] payload) implements Frame {
        public SnapshotResponse {
            Objects.requireNonNull(payload);
        }
    }

    /**
     * Requests the remaining time of a lease from the leader.
     *
     * @param id the sender's own number, which the response repeats
     * @param timeoutMillis the remainder of the client's timeout
     * @param renew whether the lease restarts with its full TTL
     */
    record LeaseRequest(long id, long timeoutMillis, long lease, boolean renew) implements Frame {}

    /**
     * @param id the request's
     * @param status meaning of the figures, defined by the requesting code
     * @param ttlSeconds as granted
     * @param leftMillis until it expires
     */
    record LeaseResponse(long id, byte status, long ttlSeconds, long leftMillis) implements Frame {}

    /** The sending node's status, for the status broadcast. */
    record NodeStatus(byte[] payload) implements Frame {
        public NodeStatus {
            Objects.requireNonNull(payload);
        }
    }
}
