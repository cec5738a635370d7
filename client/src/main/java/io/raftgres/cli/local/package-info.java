/**
 * A cluster of node processes on this machine: what {@code raftgres up}, {@code down} and {@code node} do. The
 * processes outlive the command that started them; what is known of them is in the data folder, see
 * {@link io.raftgres.cli.local.LocalDataDirectory}.
 */
package io.raftgres.cli.local;
