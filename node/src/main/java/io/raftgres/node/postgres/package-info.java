/**
 * Runs the node's own PostgreSQL server: creates its data, adopts a running server, and restarts it when it dies.
 *
 * <p>Begin with {@link EmbeddedPostgres}, then {@link PostgresDataDirectory} and {@link Postmaster}.
 *
 * <p>May use: nothing of the project.
 *
 * <p>The supervising thread of {@link EmbeddedPostgres} starts the server again; any thread may ask for its state. The
 * server listens on 127.0.0.1 only.
 */
package io.raftgres.node.postgres;
