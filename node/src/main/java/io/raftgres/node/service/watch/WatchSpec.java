package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.KeyRange;

/**
 * The range, the start and the kinds of changes of a watch.
 *
 * @param fromRevision first revision to deliver, also a future one; 0: from now on
 * @param puts whether puts are wanted
 * @param deletes whether deletes are wanted
 */
public record WatchSpec(KeyRange range, long fromRevision, boolean puts, boolean deletes) {

    public WatchSpec {
        if (fromRevision < 0) {
            throw new IllegalArgumentException("a watch from revision " + fromRevision);
        }
    }

    /** @param change of a key in the range */
    boolean wants(Change change) {
        return change.isDelete() ? deletes : puts;
    }

    /** @return bytes of the range's ends */
    int sizeBytes() {
        return range.from().length() + (range.to() == null ? 0 : range.to().length());
    }
}
