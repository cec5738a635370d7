package io.raftgres.node.kv;

import io.raftgres.node.kv.ServiceException.Rejected.Reason;

/** The request breaks a rule that only its application can check: it changed nothing, on every member alike. */
public final class RefusedRequestException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final Reason reason;

    public RefusedRequestException(String message) {
        this(null, message);
    }

    /**
     * The evaluation failed because of a defect of Raftgres. It fails in the same way on every member, because it
     * depends only on the entry and the state.
     */
    static RefusedRequestException defect(RuntimeException why) {
        return new RefusedRequestException(
                null,
                "the node could not evaluate this request because of an internal error; nothing was changed: " + why,
                why);
    }

    /** @param reason null: the request itself is invalid, whatever the state */
    public RefusedRequestException(Reason reason, String message) {
        this(reason, message, null);
    }

    private RefusedRequestException(Reason reason, String message, RuntimeException cause) {
        super(message, cause, false, false);
        this.reason = reason;
    }

    /** @return the exception for the client */
    public ServiceException asServiceException() {
        return reason == null
                ? new ServiceException.Invalid(getMessage())
                : new ServiceException.Rejected(reason, getMessage());
    }
}
