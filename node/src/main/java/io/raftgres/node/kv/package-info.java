/**
 * Defines the replicated state machine: requests, rows, revisions, tokens, leases and users.
 *
 * <p>Begin with {@link KeyValueMachine}, then {@link Transaction} and {@link Request}.
 *
 * <p>May use: {@code raft}.
 *
 * <p>The apply thread owns the machine. Any thread may read {@link RowCache}, {@link EventRing}, {@link Leases} and
 * {@link AuthStore}.
 *
 * <p>The machine decides from the entries and the rows alone, and knows no database, network or clock. So each member
 * gets the same result. A format that was written once is read permanently: see {@link RequestCodec} and
 * {@link ClusterVersion}.
 */
package io.raftgres.node.kv;
