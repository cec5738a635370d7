package io.raftgres.node.log;

/**
 * The owner of a log. It is in the header of every segment, so that no node uses the data of another cluster or member.
 *
 * @param clusterId the cluster's identity
 * @param memberId the member's identity in it
 */
public record LogIdentity(long clusterId, long memberId) {
    @Override
    public String toString() {
        return "cluster " + Long.toHexString(clusterId) + ", member " + Long.toHexString(memberId);
    }
}
