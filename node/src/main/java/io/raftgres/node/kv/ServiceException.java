package io.raftgres.node.kv;

/**
 * The reason why a request failed. Each subclass says whether the request may have been done. Cheap: without a stack
 * trace.
 */
public abstract sealed class ServiceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ServiceException(String message) {
        super(message, null, false, false);
    }

    /** The request breaks a rule or a limit; not done. */
    public static final class Invalid extends ServiceException {
        private static final long serialVersionUID = 1L;

        public Invalid(String message) {
            super(message);
        }
    }

    /** The state at the time of application does not allow the request; not done. */
    public static final class Rejected extends ServiceException {
        private static final long serialVersionUID = 1L;

        /** Nodes send the position to each other: new constants go to the end. */
        public enum Reason {
            LEASE_NOT_FOUND,
            LEASE_EXISTS,
            LEASE_TTL_TOO_LARGE,
            KEY_NOT_FOUND,
            COMPACTED,
            FUTURE_REVISION,
            USER_EXISTS,
            USER_NOT_FOUND,
            ROLE_EXISTS,
            ROLE_NOT_FOUND,
            ROLE_NOT_GRANTED,
            PERMISSION_NOT_GRANTED,
            RESPONSE_TOO_LARGE,
            /** For a repeated request: it is no longer known whether the write was done before. */
            TOKEN_FORGOTTEN,
            ROOT_USER_MISSING,
            ROOT_ROLE_MISSING,
            /** A change that would lock the administrators out. */
            INVALID_AUTH_MANAGEMENT,
            /** Users are not checked, so there are no tokens. */
            AUTH_NOT_ENABLED,
            /** The user is unknown or has no password, or the password is wrong. */
            AUTHENTICATION_FAILED,
            /** The caller has not said who it is. */
            USER_EMPTY,
            /** Users have changed since the caller proved its identity. */
            AUTH_OLD_REVISION,
            PERMISSION_DENIED,
            INVALID_AUTH_TOKEN,
            /** A password was given for a user that has none. */
            NO_PASSWORD_USER,
            /** A member's release cannot read the entries of checked users. */
            AUTH_NOT_CAPABLE
        }

        private final Reason reason;

        public Rejected(Reason reason, String message) {
            super(message);
            this.reason = reason;
        }

        public Reason reason() {
            return reason;
        }
    }

    /** A queue is full; not done; try again after {@link #retryAfterMillis}. */
    public static final class Overloaded extends ServiceException {
        private static final long serialVersionUID = 1L;
        private final long retryAfterMillis;

        public Overloaded(String message, long retryAfterMillis) {
            super(message);
            this.retryAfterMillis = retryAfterMillis;
        }

        public long retryAfterMillis() {
            return retryAfterMillis;
        }
    }

    /** No leader was found in time, or the store is unavailable; not done. */
    public static final class Unavailable extends ServiceException {
        private static final long serialVersionUID = 1L;
        /** The reason when this member was removed from the cluster: it will never serve again. */
        public static final String MEMBER_REMOVED = "member-removed";

        private final String reason;

        public Unavailable(String message) {
            this(message, null);
        }

        /** @param reason for programs; null for none */
        public Unavailable(String message, String reason) {
            super(message);
            this.reason = reason;
        }

        /** @return for programs; null for none */
        public String reason() {
            return reason;
        }
    }

    /** The write was forwarded, and its outcome did not arrive in time: it may be done, now or later. */
    public static final class OutcomeUnknown extends ServiceException {
        private static final long serialVersionUID = 1L;

        public OutcomeUnknown(String message) {
            super(message);
        }
    }

    /** Too few voters for a majority have space for more data; not done. Deletes and reads continue to work. */
    public static final class NoSpace extends ServiceException {
        private static final long serialVersionUID = 1L;

        public NoSpace(String message) {
            super(message);
        }
    }

    /** A change of the cluster that would break a rule; not done. */
    public static final class Refused extends ServiceException {
        private static final long serialVersionUID = 1L;

        public Refused(String message) {
            super(message);
        }
    }

    /** There is no such member. */
    public static final class NoSuchMember extends ServiceException {
        private static final long serialVersionUID = 1L;

        public NoSuchMember(String message) {
            super(message);
        }
    }

    /** The requested revision is below the compacted one. */
    public static final class Compacted extends ServiceException {
        private static final long serialVersionUID = 1L;
        private final long compactedRevision;

        public Compacted(long requested, long compactedRevision) {
            super("revision " + requested + " has been compacted; the oldest that can be read is " + compactedRevision);
            this.compactedRevision = compactedRevision;
        }

        public long compactedRevision() {
            return compactedRevision;
        }
    }

    /** The requested revision is in the future. */
    public static final class FutureRevision extends ServiceException {
        private static final long serialVersionUID = 1L;

        public FutureRevision(long requested, long current) {
            super("revision " + requested + " is in the future; the store is at " + current);
        }
    }
}
