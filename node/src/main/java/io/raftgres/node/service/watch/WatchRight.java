package io.raftgres.node.service.watch;

import io.raftgres.node.kv.KeyRange;

/** Decides whether the consumer of a feed may watch a range. Any thread calls it; it never waits. */
public interface WatchRight {

    WatchRight ALL = new WatchRight() {
        @Override
        public void require(KeyRange range) {}

        @Override
        public void requireStill(KeyRange range) {}
    };

    /** @throws io.raftgres.node.kv.ServiceException.Rejected a new watch is refused */
    void require(KeyRange range);

    /** @throws io.raftgres.node.kv.ServiceException.Rejected an open watch has to end, because users have changed */
    void requireStill(KeyRange range);
}
