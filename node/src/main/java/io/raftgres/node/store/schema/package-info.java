/**
 * Creates and migrates the schema {@code raftgres}, and reads and checks its tables of state, identity and members.
 *
 * <p>Begin with {@link Migrations}, then {@link StoreState} and {@link StateTable}.
 *
 * <p>May use: {@code node.kv, node.store.sql, raft}.
 *
 * <p>Stateless, except for {@link DatabaseIdentity}, which remembers whose data this is. A PostgreSQL older than 15 is
 * refused, and so is the schema of a newer release.
 */
package io.raftgres.node.store.schema;
