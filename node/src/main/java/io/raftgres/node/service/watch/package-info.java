/**
 * Feeds the watches of all APIs with changes.
 *
 * <p>Begin with {@link WatchHub}, then {@link WatchFeed} and {@link CatchUp}.
 *
 * <p>May use: {@code node.consensus, node.kv, node.memory, node.service, node.store, node.store.sql}.
 *
 * <p>The thread of {@link WatchHub} owns the index of watchers. It reads each change once from the ring of latest
 * changes. A consumer has a {@link WatchFeed}: its watchers, and one bounded buffer for all of them. A feed is
 * thread-safe and never blocks.
 *
 * <p>A watcher whose feed is full leaves the index and is only a position. When the consumer has drained the buffer,
 * {@link CatchUp} brings the watcher back to the hub's position.
 */
package io.raftgres.node.service.watch;
