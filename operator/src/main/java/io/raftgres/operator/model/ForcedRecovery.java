package io.raftgres.operator.model;

/**
 * A recovery that the spec asks for.
 *
 * @param member name of the member whose data becomes the new cluster
 * @param clusterId of the cluster that lost its quorum
 */
public record ForcedRecovery(String member, String clusterId) {}
