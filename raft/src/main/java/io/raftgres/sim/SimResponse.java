package io.raftgres.sim;

/**
 * What a node tells a client.
 *
 * @param revision mod revision written or found
 * @param value value found by a read, {@link Command#DELETE} when there is none
 */
record SimResponse(Kind kind, long revision, int value) {
    enum Kind {
        WRITTEN,
        /** The compare did not hold, or there was nothing to delete. */
        UNCHANGED,
        READ,
        /** Certainly not done: try again. */
        NOT_DONE
    }

    static final SimResponse NOT_DONE = new SimResponse(Kind.NOT_DONE, 0, 0);
}
