package io.raftgres.node.etcd.watch;

import io.raftgres.etcd.api.etcdserver.WatchCreateRequest;
import io.raftgres.etcd.api.etcdserver.WatchCreateRequest.FilterType;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.service.watch.WatchSpec;
import io.raftgres.node.service.watch.Watcher;

/** A watch with the options of its client. */
final class EtcdWatch extends Watcher {

    final long id;
    final boolean prevKv;
    final boolean fragment;
    final boolean progressNotify;

    /** Whether the watch was silent since the last check; guarded by its stream. */
    boolean silent = true;

    EtcdWatch(long id, KeyRange range, WatchCreateRequest request) {
        super(new WatchSpec(
                range,
                request.getStartRevision(),
                !request.getFiltersList().contains(FilterType.NOPUT),
                !request.getFiltersList().contains(FilterType.NODELETE)));
        this.id = id;
        this.prevKv = request.getPrevKv();
        this.fragment = request.getFragment();
        this.progressNotify = request.getProgressNotify();
    }
}
