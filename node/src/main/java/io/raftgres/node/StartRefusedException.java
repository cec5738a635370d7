package io.raftgres.node;

import java.io.IOException;

/** The node must not start; see the stop reason. */
final class StartRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient StopReason stopReason;

    StartRefusedException(StopReason stopReason) {
        super(stopReason.toString());
        this.stopReason = stopReason;
    }

    StopReason stopReason() {
        return stopReason;
    }
}
