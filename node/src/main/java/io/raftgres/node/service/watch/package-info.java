/**
 * Watches, behind every API. One {@link io.raftgres.node.service.watch.WatchHub} thread per node reads the ring of
 * latest changes once and finds the watchers of each changed key by an index. A consumer (a stream of a client) has a
 * {@link io.raftgres.node.service.watch.WatchFeed}: its watchers, and one bounded buffer for all of them. A watcher
 * whose feed is full leaves the index and is only a position from then on, until its consumer has drained the buffer
 * and {@link io.raftgres.node.service.watch.CatchUp} has brought it back to where the hub is.
 */
package io.raftgres.node.service.watch;
