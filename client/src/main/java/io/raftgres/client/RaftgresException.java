package io.raftgres.client;

import java.io.Serial;

/** An operation without a result. The subclass tells whether the operation may have been done. */
public abstract sealed class RaftgresException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1L;

    RaftgresException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Nothing was done: no node answered in time, there was no leader, or the cluster was overloaded throughout. */
    public static final class NotDone extends RaftgresException {
        @Serial
        private static final long serialVersionUID = 1L;

        public NotDone(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The write may have been done, or may still be done: a node received it, and did not answer in time. */
    public static final class OutcomeUnknown extends RaftgresException {
        @Serial
        private static final long serialVersionUID = 1L;

        public OutcomeUnknown(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The requested revision has been compacted: it can no longer be read or watched from. */
    public static final class Compacted extends RaftgresException {
        @Serial
        private static final long serialVersionUID = 1L;

        public Compacted(String message) {
            super(message, null);
        }
    }

    /** Key, value or request is above a limit of the cluster. Nothing was done. */
    public static final class TooLarge extends RaftgresException {
        @Serial
        private static final long serialVersionUID = 1L;

        public TooLarge(String message) {
            super(message, null);
        }
    }

    /** The request is invalid, such as an empty key or a revision in the future. Nothing was done. */
    public static final class BadRequest extends RaftgresException {
        @Serial
        private static final long serialVersionUID = 1L;

        public BadRequest(String message) {
            super(message, null);
        }
    }

    /** The cluster has no such member. Nothing was done. */
    public static final class MemberNotFound extends RaftgresException {
        @Serial
        private static final long serialVersionUID = 1L;

        public MemberNotFound(String message) {
            super(message, null);
        }
    }

    /**
     * The change is not safe in the cluster's current state. The message gives the reason and the remedy. Nothing was
     * done.
     */
    public static final class Refused extends RaftgresException {
        @Serial
        private static final long serialVersionUID = 1L;

        public Refused(String message) {
            super(message, null);
        }
    }
}
