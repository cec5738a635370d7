/**
 * Records histories of what clients saw, and decides whether they are linearizable.
 *
 * <p>Begin with {@link Checker}, then {@link History} and {@link RegisterSearch}.
 *
 * <p>May use: nothing of the project.
 *
 * <p>{@link History} is thread-safe; one thread uses each of the others. Each key is checked alone. A check stops
 * undecided after {@link Checker#STATES_MAX} states of one key.
 */
package io.raftgres.linearizability;
