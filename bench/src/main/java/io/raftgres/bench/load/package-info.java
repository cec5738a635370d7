/**
 * Loads nodes with requests over HTTP/1.1 and measures how they are answered.
 *
 * <p>Begin with {@link LoadGenerator}, then {@link LoadPlan} and {@link Workload}.
 *
 * <p>May use: nothing of the project.
 *
 * <p>The thread that calls {@link LoadGenerator#run} owns all state and serves all connections. The generator uses as
 * little processor time as it can, because it shares the machine with the nodes. A connection has at most one request
 * in flight.
 */
package io.raftgres.bench.load;
