package io.raftgres.raft;

/**
 * Bounds and times of a member. Ticks are whatever the caller makes of them (the node: 10 ms).
 *
 * @param self this member's id
 * @param heartbeatTicks a leader's heartbeats are this far apart
 * @param electionTicks a follower waits between this and twice this for its leader; check-quorum uses it too
 * @param maxAppendBytes entries in one AppendRequest, at least one whatever its size
 * @param maxInflightAppends AppendRequests under way to one follower
 * @param maxInflightBytes bytes under way to one follower
 * @param maxUncommittedBytes a leader refuses proposals beyond this
 * @param maxUnappliedBytes committed entries handed out and not yet reported applied
 * @param maxCachedBytes entries kept in memory for followers and the state machine; older ones are loaded
 * @param maxPromotionLag entries a learner may be behind when it is promoted
 */
public record RaftConfig(
        long self,
        int heartbeatTicks,
        int electionTicks,
        int maxAppendBytes,
        int maxInflightAppends,
        long maxInflightBytes,
        long maxUncommittedBytes,
        long maxUnappliedBytes,
        long maxCachedBytes,
        long maxPromotionLag) {

    public RaftConfig {
        if (self == Member.NONE || heartbeatTicks < 1 || electionTicks <= 2 * heartbeatTicks) {
            throw new IllegalArgumentException("election timeout must be over two heartbeats");
        }
        if (maxAppendBytes < 1
                || maxInflightAppends < 1
                || maxInflightBytes < 1
                || maxUncommittedBytes < 1
                || maxUnappliedBytes < 1
                || maxCachedBytes < 1
                || maxPromotionLag < 0) {
            throw new IllegalArgumentException("bounds must be positive");
        }
    }

    /** @return bounds that suit a node on ordinary hardware, with ticks of 10 ms */
    public static RaftConfig standard(long self) {
        return new RaftConfig(self, 5, 30, 256 << 10, 64, 8L << 20, 32L << 20, 32L << 20, 32L << 20, 1000);
    }
}
