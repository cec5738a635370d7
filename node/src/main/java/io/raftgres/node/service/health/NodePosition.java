package io.raftgres.node.service.health;

/**
 * Who this node is and how far it is; cheap to ask.
 *
 * @param term the newest that it knows
 * @param revision the store's, as applied here
 */
public record NodePosition(long clusterId, long memberId, long term, long revision) {}
