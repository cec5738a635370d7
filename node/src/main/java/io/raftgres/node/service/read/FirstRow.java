package io.raftgres.node.service.read;

import io.raftgres.node.kv.Row;
import io.raftgres.node.service.KvService;

/** Receives a range of at most one row. Used by one thread. */
public final class FirstRow implements KvService.RangeConsumer {

    private Row row;
    private long revision;

    @Override
    public void header(long shown) {
        revision = shown;
    }

    @Override
    public boolean row(Row only) {
        row = only;
        return true;
    }

    /** @return the row, null when there is none, and the revision of the read */
    public KvService.Read read() {
        return new KvService.Read(row, revision);
    }
}
