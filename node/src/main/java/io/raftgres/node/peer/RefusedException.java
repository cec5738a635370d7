package io.raftgres.node.peer;

import io.raftgres.node.peer.Handshake.Verdict;
import java.io.IOException;

/** The other side speaks the protocol but refuses this node, or is not the expected node. */
final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Verdict verdict;

    RefusedException(String message, Verdict verdict) {
        super(message);
        this.verdict = verdict;
    }

    Verdict verdict() {
        return verdict;
    }
}
