package io.raftgres.node.kv;

/**
 * A row whose value may have stayed in PostgreSQL: to delete, count or order rows does not need it.
 *
 * @param row with an empty value when the value was left out
 * @param leftBytes size of the omitted value; 0: the value is here
 * @param hash {@link RowHash} of the whole row, when its value was left out and the row will be deleted
 */
public record Outline(Row row, int leftBytes, long hash) {

    /** Upper bound of the values that are read with rows to be deleted. */
    public static final long KEPT_BYTES = 4L << 20;

    public static Outline of(Row whole) {
        return new Outline(whole, 0, 0);
    }

    public boolean isWhole() {
        return leftBytes == 0;
    }

    /** @return bytes of the whole row in a response */
    long responseBytes() {
        return Limits.responseBytes(row) + leftBytes;
    }
}
