package io.raftgres.node.store.history;

/**
 * What the history takes, as of the last look, some seconds ago at most.
 *
 * @param partitions attached ones
 * @param bytes on disk, with indexes and long values
 * @param dropped partitions dropped since the node's start
 */
public record HistoryFigures(int partitions, long bytes, long dropped) {}
