package io.raftgres.client;

/**
 * The result of a put.
 *
 * @param revision the revision of the put, which is the key's new modRevision
 * @param created the key did not exist before
 * @param replayed an earlier attempt had already been applied; the put was not applied twice
 */
public record PutResult(long revision, boolean created, boolean replayed) {}
