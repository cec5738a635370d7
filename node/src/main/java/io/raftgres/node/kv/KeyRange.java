package io.raftgres.node.kv;

/**
 * Keys from {@code from} (inclusive) to {@code to} (exclusive).
 *
 * @param to null: without end
 */
public record KeyRange(Key from, Key to) {

    public static final KeyRange EVERYTHING = new KeyRange(Key.FIRST, null);

    public static KeyRange single(Key key) {
        return new KeyRange(key, key.next());
    }

    public static KeyRange prefix(Key prefix) {
        return new KeyRange(prefix, prefix.prefixEnd());
    }

    public boolean contains(Key key) {
        return key.compareTo(from) >= 0 && (to == null || key.compareTo(to) < 0);
    }

    /** @return whether the range can hold at most one key, {@code from} */
    public boolean isSingle() {
        return to != null && to.length() == from.length() + 1 && to.equals(from.next());
    }
}
