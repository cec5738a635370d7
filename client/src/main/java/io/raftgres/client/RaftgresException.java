package io.raftgres.client;

import java.io.Serial;

/** Why an operation has no result. The subclass says whether it may have been done. */
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

    /** The write may have been done, or may yet be done: a node had it, and did not answer in time. */
    public static final class OutcomeUnknown extends RaftgresException {
        @Serial
        private static final long serialVersionUID = 1L;

        public OutcomeUnknown(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The revision asked for has been compacted away; nothing can be read at or watched from it any more. */
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

    /**
     * The request makes no sense to the cluster, such as an empty key or a revision in the future. Nothing was done.
     */
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

    /** The change is not safe as the cluster is now; the message says why, and what to do. Nothing was done. */
    public static final class Refused extends RaftgresException {
        @Serial
        private static final long serialVersionUID = 1L;

        public Refused(String message) {
            super(message, null);
        }
    }
}
