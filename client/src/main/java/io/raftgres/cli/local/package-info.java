/**
 * Runs a cluster of node processes on this machine, for {@code raftgres up}, {@code down}, {@code restart} and
 * {@code node}.
 *
 * <p>Begin with {@link LocalCluster}, then {@link LocalDataDirectory} and {@link NodeProcess}.
 *
 * <p>May use: {@code client}.
 *
 * <p>The node processes outlive the command that started them. All that is known of them is in the data directory, so
 * {@link LocalCluster} holds no state of its own. A lock in that directory lets one command at a time start or stop
 * nodes.
 */
package io.raftgres.cli.local;
