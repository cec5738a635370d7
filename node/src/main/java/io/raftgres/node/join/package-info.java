/**
 * Finds out which member this node is when it starts, and asks the cluster for a place when it is none yet.
 *
 * <p>Begin with {@link IdentityResolution}, then {@link JoinClient} and {@link Quarantine}.
 *
 * <p>May use: {@code node.config, node.kv, node.log, node.tls, raft}.
 *
 * <p>Stateless: all that is known is in the data directory. Methods that ask other members block, and an interrupt ends
 * them.
 *
 * <p>A member that has lost its log returns under a new identity, because its votes and acknowledgements are lost with
 * the log.
 */
package io.raftgres.node.join;
