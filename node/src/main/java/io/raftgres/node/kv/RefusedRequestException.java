package io.raftgres.node.kv;

import io.raftgres.node.kv.ServiceException.Rejected.Reason;

/** The request breaks a rule that only its application can check: nothing was changed, on every member alike. */
public final class RefusedRequestException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final Reason reason;

    public RefusedRequestException(String message) {
        this(null, message);
    }

    /**
     * Its evaluation failed, which is a defect of ours; it would fail in the same way on every member, for it looks at
     * nothing but the entry and the state.
     */
    static RefusedRequestException defect(RuntimeException why) {
        return new RefusedRequestException(null, "the node failed at this request, nothing was changed: " + why, why);
    }

    /** @param reason null: the request itself is wrong, whatever the state */
    public RefusedRequestException(Reason reason, String message) {
        this(reason, message, null);
    }

    private RefusedRequestException(Reason reason, String message, RuntimeException cause) {
        super(message, cause, false, false);
        this.reason = reason;
    }

    /** @return for whoever asked */
    public ServiceException asServiceException() {
        return reason == null
                ? new ServiceException.Invalid(getMessage())
                : new ServiceException.Rejected(reason, getMessage());
    }
}
