/**
 * Makes a new cluster of one member: out of a stopped member when most voters are lost permanently, or out of a
 * snapshot file.
 *
 * <p>Begin with {@link ForcedNewCluster}, then {@link RecoveryPlan} and {@link RestoredCluster}.
 *
 * <p>May use: {@code node.config, node.kv, node.log, node.postgres, node.snapshot, node.store, node.store.sql, raft}.
 *
 * <p>One thread owns all state, and no node runs on the data meanwhile. A recovery may be killed at any moment and run
 * again; a restore that was cut short has to begin with an empty directory.
 *
 * <p>Entries that only the lost members had are lost.
 */
package io.raftgres.node.recovery;
