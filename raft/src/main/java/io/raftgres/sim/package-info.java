/**
 * Simulates whole clusters of cores with network, disks, clocks and crashes, all drawn from one seed.
 *
 * <p>Begin with {@link World}, then {@link SimNode}, {@link Faults} and {@link Checks}.
 *
 * <p>May use: {@code linearizability, raft}.
 *
 * <p>One thread runs a {@link World} and owns all of it; {@link Campaign} runs the worlds of many seeds on several
 * threads. The same seed gives the same run.
 */
package io.raftgres.sim;
