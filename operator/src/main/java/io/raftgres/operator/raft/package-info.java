/**
 * Calls the nodes' admin API, and merges the responses of all nodes into one status.
 *
 * <p>Begin with {@link NodeClient}, then {@link NodeResponse} and {@link MergedStatus}.
 *
 * <p>May use: {@code operator.model, operator.resource}.
 *
 * <p>Thread-safe. Each call waits a bounded time for the beginning of a response, and each response is bounded.
 */
package io.raftgres.operator.raft;
