package io.raftgres.node.memory;

/** A use of a node's memory. The percentages are parts of the shared memory. */
public enum Share {

    /** Rows that are read from memory. */
    CACHE("cache", Kind.HEAP, 20, Long.MAX_VALUE),
    /** Latest changes, for watches. */
    RING("ring", Kind.HEAP, 7, 512L << 20),
    /** Applied batches until PostgreSQL has flushed them. */
    KEPT("kept", Kind.HEAP, 12, 256L << 20),
    /** Entries of the log: for followers, for the state machine, and until they are on the disk. */
    LOG("log", Kind.HEAP, 13, 192L << 20),
    /** Writes in flight. */
    WRITES("writes", Kind.HEAP, 7, 256L << 20),
    /** Bodies of requests, and the objects parsed from JSON. */
    BODIES("bodies", Kind.HEAP, 8, 512L << 20),
    /** Responses of one message while they are built; rows read by a read-only transaction. */
    RESPONSES("answers", Kind.HEAP, 12, 1L << 30),
    /** Rows in transit from PostgreSQL. */
    READS("reads", Kind.HEAP, 7, 64L << 20),
    /** Events that wait until the watches' clients have received them. */
    WATCHES("watches", Kind.HEAP, 10, 1L << 30),
    /** Frames for other members. */
    PEERS("peers", Kind.HEAP, 4, 256L << 20),
    /** Responses that clients have not received yet. */
    UNSENT("unsent", Kind.DIRECT, 65, Long.MAX_VALUE),
    /** Bytes received from clients that do not form a complete request yet. */
    RECEIVED("received", Kind.DIRECT, 35, 512L << 20);

    /** The kind of memory in the JVM. */
    public enum Kind {
        HEAP,
        DIRECT
    }

    private final String text;
    final Kind kind;
    final int parts;
    final long mostBytes;

    Share(String text, Kind kind, int parts, long mostBytes) {
        this.text = text;
        this.kind = kind;
        this.parts = parts;
        this.mostBytes = mostBytes;
    }

    /** @return its name in metrics */
    public String text() {
        return text;
    }

    public Kind kind() {
        return kind;
    }

    /** @return whether its use is counted; the others are bounded by numbers of connections and their windows */
    public boolean isCounted() {
        return this != READS && this != RECEIVED;
    }
}
