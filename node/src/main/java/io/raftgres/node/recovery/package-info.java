/**
 * What a person does to a stopped member when most of its cluster's voters are lost for good:
 * {@link io.raftgres.node.recovery.ForcedNewCluster}.
 */
package io.raftgres.node.recovery;
