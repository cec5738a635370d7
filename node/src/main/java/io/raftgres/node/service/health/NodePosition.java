package io.raftgres.node.service.health;

/**
 * The node's identity, term and revision; cheap to read.
 *
 * @param term the newest term that the node knows
 * @param revision the store's revision, as applied here
 */
public record NodePosition(long clusterId, long memberId, long term, long revision) {}
