package io.raftgres.node.kv;

import java.util.List;

/** Which current rows: they are listed in the order of their keys. */
public sealed interface RowSet {

    record InRange(KeyRange range) implements RowSet {}

    /** Those that are attached to any of these leases. */
    record OfLeases(List<Long> leases) implements RowSet {}
}
