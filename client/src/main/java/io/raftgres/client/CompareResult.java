package io.raftgres.client;

/**
 * What became of a conditional write.
 *
 * @param succeeded false: the key was not at the expected revision, and nothing was done
 * @param revision the store's revision after it
 * @param modRevision the key's: after a success the one that it now has, after a failure the one that was in the way; 0
 *     when the key does not exist
 */
public record CompareResult(boolean succeeded, long revision, long modRevision) {}
