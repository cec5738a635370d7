package io.raftgres.node.peer;

import io.raftgres.raft.Message;
import java.util.Objects;

/** What one node sends to another. Byte arrays are not copied: nobody changes them after construction. */
public sealed interface Frame {

    /** A message between two cores. */
    record Raft(Message message) implements Frame {
        public Raft {
            Objects.requireNonNull(message);
        }
    }

    /**
     * A client's request on its way to the leader.
     *
     * @param id the sender's own number, which the response repeats
     * @param timeoutMillis what is left of the client's patience
     */
    record ForwardRequest(long id, long timeoutMillis, byte[] payload) implements Frame {
        public ForwardRequest {
            Objects.requireNonNull(payload);
        }
    }

    /** @param id the request's; @param status what {@code payload} means, defined by those who forward */
    record ForwardResponse(long id, byte status, byte[] payload) implements Frame {
        public ForwardResponse {
            Objects.requireNonNull(payload);
        }
    }

    /**
     * A change of the cluster on its way to the leader.
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
     * Asks for a snapshot, or for a part of one.
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
     * Asks the leader for a lease's time.
     *
     * @param id the sender's own number, which the response repeats
     * @param timeoutMillis what is left of the client's patience
     * @param renew whether the lease is to begin anew
     */
    record LeaseRequest(long id, long timeoutMillis, long lease, boolean renew) implements Frame {}

    /**
     * @param id the request's
     * @param status what the figures mean, defined by those who ask
     * @param ttlSeconds as granted
     * @param leftMillis until it expires
     */
    record LeaseResponse(long id, byte status, long ttlSeconds, long leftMillis) implements Frame {}

    /** Figures of the sending node, for the cluster's view of it. */
    record NodeStatus(byte[] payload) implements Frame {
        public NodeStatus {
            Objects.requireNonNull(payload);
        }
    }
}
