/**
 * Calls the nodes' admin API, and merges the answers of all nodes into one status.
 *
 * <p>Begin with {@link NodeClient}, then {@link NodeAnswer} and {@link MergedStatus}.
 *
 * <p>May use: {@code operator.plan, operator.resource}.
 *
 * <p>Thread-safe. Each call ends in time, and each answer is bounded.
 */
package io.raftgres.operator.raft;
