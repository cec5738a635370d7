package io.raftgres.node.kv;

/** A lease that was granted or has ended. @param ttlSeconds 0: it has ended */
public record LeaseChange(long lease, long ttlSeconds) {

    public boolean isEnd() {
        return ttlSeconds == 0;
    }
}
