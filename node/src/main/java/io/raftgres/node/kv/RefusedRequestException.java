package io.raftgres.node.kv;

import io.raftgres.node.kv.ServiceException.Rejected.Reason;

/** The request breaks a rule that only its application can check: nothing was changed, on every member alike. */
public final class RefusedRequestException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final Reason reason;

    public RefusedRequestException(String message) {
        this(null, message);
    }

    /** @param reason null: the request itself is wrong, whatever the state */
    public RefusedRequestException(Reason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    /** @return for whoever asked */
    public ServiceException asServiceException() {
        return reason == null
                ? new ServiceException.Invalid(getMessage()) : new ServiceException.Rejected(reason, getMessage());
    }
}
