package io.raftgres.client;

/**
 * A delete that was done.
 *
 * @param revision the store's revision after it
 * @param deleted how many keys it deleted
 */
public record DeleteResult(long revision, long deleted) {}
