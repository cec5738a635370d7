package io.raftgres.node;

import java.io.IOException;

/** A life of the node cannot begin as things are. */
final class EndedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Ending ending;

    EndedException(Ending ending) {
        super(ending.toString());
        this.ending = ending;
    }

    Ending ending() {
        return ending;
    }
}
