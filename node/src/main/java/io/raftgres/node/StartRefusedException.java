package io.raftgres.node;

import java.io.IOException;

/** A life of the node cannot begin as things are. */
final class StartRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient StopReason ending;

    StartRefusedException(StopReason ending) {
        super(ending.toString());
        this.ending = ending;
    }

    StopReason ending() {
        return ending;
    }
}
