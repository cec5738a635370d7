/**
 * Grants, renews and ends leases.
 *
 * <p>Begin with {@link NodeLeases}, then {@link Lessor} and {@link LeaseTimes}.
 *
 * <p>May use: {@code node.consensus, node.kv, node.peer, node.service, raft}.
 *
 * <p>Thread-safe. Grants and ends go through the log. Only the leader knows when a lease expires, and only in memory.
 *
 * <p>A new leader restarts the full TTL of every lease, so a change of the leader may prolong a lease and never
 * shortens it.
 */
package io.raftgres.node.service.lease;
