package io.raftgres.client;

/**
 * The result of a conditional write.
 *
 * @param succeeded false: the key was not at the expected revision, and nothing was done
 * @param revision the store's revision after it
 * @param modRevision the key's mod revision now: after a success the new one, after a failure the one that did not
 *     match; 0 when the key does not exist
 */
public record CompareResult(boolean succeeded, long revision, long modRevision) {}
