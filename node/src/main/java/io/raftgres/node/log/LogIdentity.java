package io.raftgres.node.log;

/**
 * Whose log this is. In the header of every segment, so that data of another cluster is never taken for ours.
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
