package io.raftgres.node.kv;

/**
 * A row whose value may have stayed in PostgreSQL: what is only to be deleted, counted or ordered does not need it.
 *
 * @param row with an empty value when that was left out
 * @param leftBytes size of the value that was left out; 0: it is here
 * @param hash {@link RowHash} of the whole row, when its value was left out of one that is to be deleted
 */
public record Outline(Row row, int leftBytes, long hash) {

    /** Values of rows that are to be deleted are read as long as all of them together are no larger. */
    public static final long KEPT_BYTES = 4L << 20;

    public static Outline of(Row whole) {
        return new Outline(whole, 0, 0);
    }

    public boolean isWhole() {
        return leftBytes == 0;
    }

    /** @return bytes that the whole row takes in an answer */
    long answerBytes() {
        return Limits.answerBytes(row) + leftBytes;
    }
}
