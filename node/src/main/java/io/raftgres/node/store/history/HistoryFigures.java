package io.raftgres.node.store.history;

/**
 * The size of the history, at most a few seconds old.
 *
 * @param partitions attached ones
 * @param bytes on disk, with indexes and long values
 * @param dropped partitions dropped since the node's start
 */
public record HistoryFigures(int partitions, long bytes, long dropped) {}
