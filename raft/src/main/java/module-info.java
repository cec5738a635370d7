/** Consensus and its simulator. Nothing but java.base is required: the compiler keeps it so. */
module io.raftgres.raft {
    exports io.raftgres.linearizability;
    exports io.raftgres.raft;
    exports io.raftgres.sim;
}
