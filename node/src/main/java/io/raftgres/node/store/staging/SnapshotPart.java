package io.raftgres.node.store.staging;

/**
 * The table of a chunk's rows, or one partition of the history.
 *
 * @param partition the first ending revision of the partition; 0 for all other tables
 */
public record SnapshotPart(Table table, long partition) {

    /** The order is part of the format: the position is sent. */
    public enum Table {
        HISTORY("kv_history", "key, create_revision, mod_revision, version, lease, value, end_revision, deleted"),
        TOKENS("tokens", "clock_millis, last_index, bytes"),
        LONG("kv_long", "key, create_revision, mod_revision, version, lease, value"),
        SHORT("kv_short", "key, create_revision, mod_revision, version, lease, value"),
        LEASES("leases", "lease, ttl_seconds"),
        AUTH("auth", "kind, name, data");

        private final String table;
        private final String columns;

        Table(String table, String columns) {
            this.table = table;
            this.columns = columns;
        }
    }

    public SnapshotPart {
        if (partition < 0 || partition > 0 && table != Table.HISTORY) {
            throw new IllegalArgumentException("partition " + partition + " of " + table);
        }
    }

    public static SnapshotPart of(Table table) {
        return new SnapshotPart(table, 0);
    }

    /** @return table and columns for COPY; the columns are named, so that later releases may add others */
    public String in(String schema) {
        return schema + "." + name() + " (" + table.columns + ")";
    }

    private String name() {
        return table == Table.HISTORY ? table.table + "_" + partition : table.table;
    }

    @Override
    public String toString() {
        return name();
    }
}
