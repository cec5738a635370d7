package io.raftgres.node.log;

/** The free space on the log's disk. */
public enum LogSpace {
    /** The next segment and the reserve after it are ready or being prepared. */
    OK,

    /**
     * There is no room for the reserve. A whole segment is left when this is first reported. It is for work that frees
     * space: deletes, compaction, members that catch up. Ordinary writes should be refused.
     */
    LOW,

    /** The log waits for room: no entry becomes durable, so none is acknowledged. Durable entries stay readable. */
    FULL
}
