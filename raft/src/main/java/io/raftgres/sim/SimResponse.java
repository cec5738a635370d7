package io.raftgres.sim;

/**
 * A node's response to a client.
 *
 * @param revision mod revision written or found
 * @param value value found by a read, {@link Command#DELETE} when there is none
 */
record SimResponse(Kind kind, long revision, int value) {
    enum Kind {
        WRITTEN,
        /** The compare failed, or there was nothing to delete. */
        UNCHANGED,
        READ,
        /** Certainly not done: the client tries again. */
        NOT_DONE
    }

    static final SimResponse NOT_DONE = new SimResponse(Kind.NOT_DONE, 0, 0);
}
