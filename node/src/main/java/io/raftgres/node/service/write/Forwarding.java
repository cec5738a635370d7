package io.raftgres.node.service.write;

import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.ApplyResultCodec;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.ServiceException.Rejected.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A leader's response to a forwarded write, as the frames between nodes carry it. */
public sealed interface Forwarding {

    record Applied(ApplyResult result) implements Forwarding {}

    /**
     * The request breaks a rule; nothing was changed.
     *
     * @param reason null: the request itself is invalid, whatever the state
     */
    record Refused(Reason reason, String detail) implements Forwarding {
        ServiceException asServiceException() {
            return reason == null
                    ? new ServiceException.Invalid(detail)
                    : new ServiceException.Rejected(reason, detail);
        }

        /** One byte for the reason, 0 for none, and then the detail. */
        private byte[] encode() {
            byte[] text = detail.getBytes(StandardCharsets.UTF_8);
            return ByteBuffer.allocate(1 + text.length)
                    .put((byte) (reason == null ? 0 : reason.ordinal() + 1))
                    .put(text)
                    .array();
        }

        private static Refused decode(byte[] payload) {
            if (payload.length == 0 || payload[0] < 0 || payload[0] > Reason.values().length) {
                throw new IllegalArgumentException("this release does not know the reason of a refusal");
            }
            return new Refused(
                    payload[0] == 0 ? null : Reason.values()[payload[0] - 1],
                    new String(payload, 1, payload.length - 1, StandardCharsets.UTF_8));
        }
    }

    /** Not done: the node is not the leader, or no longer. */
    record NotLeader() implements Forwarding {}

    /** Not done: the leader is overloaded. */
    record Overloaded() implements Forwarding {}

    /** Not done: too few voters for a majority have space for more data. */
    record NoSpace() implements Forwarding {}

    /** Unknown: it may be done now or later. */
    record Unknown() implements Forwarding {}

    byte[] NOTHING = {};

    default byte status() {
        return switch (this) {
            case Applied applied -> 0;
            case Refused refused -> 1;
            case NotLeader notLeader -> 2;
            case Overloaded overloaded -> 3;
            case Unknown unknown -> 4;
            case NoSpace noSpace -> 5;
        };
    }

    default byte[] payload() {
        return switch (this) {
            case Applied applied -> ApplyResultCodec.encode(applied.result());
            case Refused refused -> refused.encode();
            case NotLeader notLeader -> NOTHING;
            case Overloaded overloaded -> NOTHING;
            case Unknown unknown -> NOTHING;
            case NoSpace noSpace -> NOTHING;
        };
    }

    /** @throws IllegalArgumentException when the bytes are not such a response */
    static Forwarding of(byte status, byte[] payload) {
        return switch (status) {
            case 0 -> new Applied(ApplyResultCodec.decode(payload));
            case 1 -> Refused.decode(payload);
            case 2 -> new NotLeader();
            case 3 -> new Overloaded();
            case 4 -> new Unknown();
            case 5 -> new NoSpace();
            default ->
                throw new IllegalArgumentException("response to a forwarded write with unknown status" + " " + status);
        };
    }
}
