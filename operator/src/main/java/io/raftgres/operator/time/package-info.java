/**
 * The clock for pauses and ages that the operator measures.
 *
 * <p>Begin with {@link MonotonicClock}.
 *
 * <p>May use: nothing of the project.
 *
 * <p>Thread-safe: the clock has no state but the moment when the process began. Times that come from Kubernetes are
 * compared with the machine's clock instead.
 */
package io.raftgres.operator.time;
