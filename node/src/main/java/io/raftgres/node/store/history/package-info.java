/**
 * Creates the partitions of replaced rows, and drops those that a compaction has made needless.
 *
 * <p>Begin with {@link HistoryPartitions}, then {@link HistoryDropper}.
 *
 * <p>May use: {@code node.store.schema, node.store.sql}.
 *
 * <p>The writer of the store owns {@link HistoryPartitions}. {@link HistoryDropper} has a thread of its own, and never
 * blocks the writer for long.
 *
 * <p>Each partition costs time in each read that looks far back, so a longer history gets wider partitions.
 */
package io.raftgres.node.store.history;
