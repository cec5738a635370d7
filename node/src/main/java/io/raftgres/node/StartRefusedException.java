package io.raftgres.node;

import java.io.IOException;

/** The node must not start; see the stop reason. */
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
