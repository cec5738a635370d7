package io.raftgres.node.memory;

/** What the memory of a node's process is for. The parts of a hundred are those of what can be shared out. */
public enum Share {

    /** Rows that are read from memory. */
    CACHE("cache", Kind.HEAP, 20, Long.MAX_VALUE),
    /** Latest changes, for watches. */
    RING("ring", Kind.HEAP, 7, 512L << 20),
    /** Applied batches until PostgreSQL has flushed them. */
    KEPT("kept", Kind.HEAP, 12, 256L << 20),
    /** Entries of the log: for followers, for the state machine, and until they are on the disk. */
    LOG("log", Kind.HEAP, 13, 192L << 20),
    /** Writes under way. */
    WRITES("writes", Kind.HEAP, 7, 256L << 20),
    /** Bodies of requests, and what JSON becomes. */
    BODIES("bodies", Kind.HEAP, 8, 512L << 20),
    /** Answers of one message while they are made; what a transaction that only reads has read. */
    ANSWERS("answers", Kind.HEAP, 12, 1L << 30),
    /** Rows on their way from PostgreSQL. */
    READS("reads", Kind.HEAP, 7, 64L << 20),
    /** What waits for watches, until their clients have taken it. */
    WATCHES("watches", Kind.HEAP, 10, 1L << 30),
    /** Frames for other members. */
    PEERS("peers", Kind.HEAP, 4, 256L << 20),
    /** Answers that clients have not taken. */
    UNSENT("unsent", Kind.DIRECT, 65, Long.MAX_VALUE),
    /** What clients send, until it is a request. */
    RECEIVED("received", Kind.DIRECT, 35, 512L << 20);

    /** Where the JVM has it. */
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

    /** @return whether anybody counts what it holds; others are kept by numbers of connections and by their windows */
    public boolean isCounted() {
        return this != READS && this != RECEIVED;
    }
}
