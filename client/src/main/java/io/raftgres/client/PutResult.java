package io.raftgres.client;

/**
 * A put that was done.
 *
 * @param revision the revision it made, which is the key's new modRevision
 * @param created the key did not exist before
 * @param replayed an earlier attempt of this put had been done; it was not done twice
 */
public record PutResult(long revision, boolean created, boolean replayed) {}
