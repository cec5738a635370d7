/**
 * Divides the memory of the process among all that grows with requests of clients or messages of members.
 *
 * <p>Begin with {@link MemoryBudget}, then {@link Share} and {@link MemoryAccount}.
 *
 * <p>May use: nothing of the project.
 *
 * <p>Thread-safe.
 */
package io.raftgres.node.memory;
