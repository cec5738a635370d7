package io.raftgres.node.log;

/** Whether the log's disk has room for it to go on. */
public enum LogSpace {
    /** The next segment and the reserve behind it are ready, or being made. */
    OK,

    /**
     * There is no room for the reserve. What is left, a whole segment when this is first said, is for what frees space:
     * deletes, compaction, members that catch up. Ordinary writes should be refused.
     */
    LOW,

    /** The log waits for room: nothing becomes durable, so nothing is acknowledged. What is durable stays, readable. */
    FULL
}
