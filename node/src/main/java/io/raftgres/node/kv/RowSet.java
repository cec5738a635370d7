package io.raftgres.node.kv;

import java.util.List;

/** Selects current rows, which are listed in the order of their keys. */
public sealed interface RowSet {

    record InRange(KeyRange range) implements RowSet {}

    /** The rows that are attached to any of these leases. */
    record OfLeases(List<Long> leases) implements RowSet {}
}
