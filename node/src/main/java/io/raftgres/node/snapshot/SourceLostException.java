package io.raftgres.node.snapshot;

/** A source cannot send a snapshot, or the rest of one; another source may. */
final class SourceLostException extends Exception {
    private static final long serialVersionUID = 1L;

    SourceLostException(String message) {
        super(message);
    }
}
