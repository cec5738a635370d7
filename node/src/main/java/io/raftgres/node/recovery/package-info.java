/**
 * What a person does to a stopped member when most of its cluster's voters are lost for good:
 * {@link io.raftgres.node.recovery.ForcedNewCluster}. And what is done with
 * a snapshot in a file when there is no member left: {@link io.raftgres.node.recovery.RestoredCluster}.
 */
package io.raftgres.node.recovery;
