/**
 * Watches over this member, raises its alarms, and exchanges each member's status with the others.
 *
 * <p>Begin with {@link SelfCheck}, then {@link StatusBroadcast} and {@link ClusterView}.
 *
 * <p>May use: {@code node.config, node.consensus, node.kv, node.log, node.peer, node.store, node.store.schema,
 * node.store.sql, raft}.
 *
 * <p>{@link SelfCheck} has a virtual thread for its checks and one for the scrubber. {@link Alarms}, {@link LastCopy}
 * and {@link StatusBroadcast} are thread-safe.
 *
 * <p>A member whose state looks wrong discards it only after another member has agreed to keep its own
 * ({@link LastCopy}).
 */
package io.raftgres.node.service.health;
