package io.raftgres.node.service;

import io.raftgres.node.kv.Answer;
import io.raftgres.node.kv.AnswerCodec;
import java.nio.charset.StandardCharsets;

/** The answer of a leader to a write that another node forwarded, as the frames between nodes carry it. */
public sealed interface Forwarding {

    record Applied(Answer answer) implements Forwarding {}

    /** Breaks a rule; nothing was changed. */
    record Refused(String reason) implements Forwarding {}

    /** Not the leader, or not any more; not done. */
    record NotLeader() implements Forwarding {}

    /** Not done. */
    record Overloaded() implements Forwarding {}

    /** No space for more data on a majority's disks; not done. */
    record NoSpace() implements Forwarding {}

    /** It may be done, now or later. */
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
            case Applied applied -> AnswerCodec.encode(applied.answer());
            case Refused refused -> refused.reason().getBytes(StandardCharsets.UTF_8);
            case NotLeader notLeader -> NOTHING;
            case Overloaded overloaded -> NOTHING;
            case Unknown unknown -> NOTHING;
            case NoSpace noSpace -> NOTHING;
        };
    }

    /** @throws IllegalArgumentException when the bytes are no such answer */
    static Forwarding of(byte status, byte[] payload) {
        return switch (status) {
            case 0 -> new Applied(AnswerCodec.decode(payload));
            case 1 -> new Refused(new String(payload, StandardCharsets.UTF_8));
            case 2 -> new NotLeader();
            case 3 -> new Overloaded();
            case 4 -> new Unknown();
            case 5 -> new NoSpace();
            default -> throw new IllegalArgumentException("forwarded answer with unknown status " + status);
        };
    }
}
