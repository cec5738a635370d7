/** Raft, its simulator and the linearizability checker. The compiler enforces that nothing but java.base is used. */
module io.raftgres.raft {
    exports io.raftgres.linearizability;
    exports io.raftgres.raft;
    exports io.raftgres.sim;
}
