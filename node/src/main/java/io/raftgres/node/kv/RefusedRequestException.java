package io.raftgres.node.kv;

/** The request breaks a rule that only its application can check: nothing was changed, on every member alike. */
public final class RefusedRequestException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RefusedRequestException(String message) {
        super(message, null, false, false);
    }
}
