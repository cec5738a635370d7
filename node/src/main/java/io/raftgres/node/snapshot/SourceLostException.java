package io.raftgres.node.snapshot;

/** A source gives no snapshot, or no more of one: another may. */
final class SourceLostException extends Exception {
    private static final long serialVersionUID = 1L;

    SourceLostException(String message) {
        super(message);
    }
}
