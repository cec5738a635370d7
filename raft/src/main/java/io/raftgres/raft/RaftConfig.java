package io.raftgres.raft;

/**
 * Bounds and times of a member. The caller defines the length of a tick (the node: 10 ms).
 *
 * @param self this member's id
 * @param heartbeatTicks interval between a leader's heartbeats
 * @param electionTicks minimum election timeout, drawn from 1 to 2 times this value; check-quorum uses it too
 * @param maxAppendBytes entries in one AppendRequest; a single larger entry is sent alone
 * @param maxInflightAppends AppendRequests in flight to one follower
 * @param maxInflightBytes bytes in flight to one follower
 * @param maxUncommittedBytes a leader refuses proposals beyond this
 * @param maxUnappliedBytes committed entries handed out and not yet reported applied
 * @param maxCachedBytes entries kept in memory for followers and the state machine; older ones are loaded
 * @param maxPromotionLag entries that a learner may lack when it is promoted
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
            throw new IllegalArgumentException(
                    "member id must not be 0, and the election timeout must exceed two heartbeat intervals");
        }
        if (maxAppendBytes < 1
                || maxInflightAppends < 1
                || maxInflightBytes < 1
                || maxUncommittedBytes < 1
                || maxUnappliedBytes < 1
                || maxCachedBytes < 1
                || maxPromotionLag < 0) {
            throw new IllegalArgumentException("all bounds of the Raft configuration must be positive");
        }
    }

    /** @return bounds for a node on ordinary hardware, with ticks of 10 ms */
    public static RaftConfig standard(long self) {
        return new RaftConfig(self, 5, 30, 256 << 10, 64, 8L << 20, 32L << 20, 32L << 20, 32L << 20, 1000);
    }
}
