/**
 * Changes the cluster's members, leader and version.
 *
 * <p>Begin with {@link ClusterAdmin}, then {@link Administration} and {@link MembershipChanges}.
 *
 * <p>May use: {@code node.config, node.consensus, node.kv, node.peer, node.service.health, node.service.write, raft}.
 *
 * <p>Thread-safe; all methods of {@link ClusterAdmin} block. The leader makes one change at a time, and commits it
 * before the next. At most 64 changes run or wait at a time.
 *
 * <p>The core decides which change is safe. This package checks what the core cannot see, such as connections.
 */
package io.raftgres.node.service.membership;
