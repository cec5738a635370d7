/**
 * Measures the paper's five categories on one cluster, one after the other.
 *
 * <p>Begin with {@link Suite}, then {@link Kills} and {@link Ledger}.
 *
 * <p>May use: {@code bench, bench.load, bench.report}.
 *
 * <p>The thread that calls {@link Suite#run} owns all state; a load that runs while a leader is killed has a thread of
 * its own. A run that has no {@link Launcher} cannot kill nodes, so it measures no elections.
 */
package io.raftgres.bench.suite;
