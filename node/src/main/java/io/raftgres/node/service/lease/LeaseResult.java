package io.raftgres.node.service.lease;

import io.raftgres.node.peer.Frame;

/** A leader's response about a lease's time, as the frames between nodes carry it. */
sealed interface LeaseResult {

    record Running(long ttlSeconds, long leftMillis) implements LeaseResult {}

    record Absent() implements LeaseResult {}

    /** This node cannot answer now: ask again. */
    record AskAgain() implements LeaseResult {}

    default Frame.LeaseResponse frame(long id) {
        return switch (this) {
            case Running running -> new Frame.LeaseResponse(id, (byte) 0, running.ttlSeconds, running.leftMillis);
            case Absent absent -> new Frame.LeaseResponse(id, (byte) 1, 0, 0);
            case AskAgain again -> new Frame.LeaseResponse(id, (byte) 2, 0, 0);
        };
    }

    /** @throws IllegalArgumentException when this release does not know the response */
    static LeaseResult of(Frame.LeaseResponse frame) {
        return switch (frame.status()) {
            case 0 -> new Running(frame.ttlSeconds(), frame.leftMillis());
            case 1 -> new Absent();
            case 2 -> new AskAgain();
            default ->
                throw new IllegalArgumentException(
                        "response with unknown status " + frame.status() + " about" + " a lease");
        };
    }
}
