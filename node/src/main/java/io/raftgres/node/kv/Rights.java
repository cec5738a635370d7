package io.raftgres.node.kv;

import io.raftgres.node.kv.AuthCommand.Permission;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The ranges that one user may read and write: the permissions of all its roles together. Ranges that overlap or touch
 * are one range. Immutable.
 */
final class Rights {

    private static final Comparator<Key> BY_END = Comparator.nullsLast(Comparator.naturalOrder());

    /** End of each range by its beginning; a null end: without end. */
    private final TreeMap<Key, Key> read;

    private final TreeMap<Key, Key> write;

    Rights(Collection<Permission> permissions) {
        read = merged(permissions, Permission.Kind.WRITE);
        write = merged(permissions, Permission.Kind.READ);
    }

    private static TreeMap<Key, Key> merged(Collection<Permission> permissions, Permission.Kind other) {
        List<KeyRange> ranges = new ArrayList<>();
        for (Permission permission : permissions) {
            if (permission.kind() != other) {
                ranges.add(permission.range());
            }
        }
        ranges.sort(Comparator.comparing(KeyRange::from));
        TreeMap<Key, Key> merged = new TreeMap<>();
        for (KeyRange range : ranges) {
            Map.Entry<Key, Key> last = merged.lastEntry();
            if (last != null && BY_END.compare(last.getValue(), range.from()) >= 0) {
                if (BY_END.compare(range.to(), last.getValue()) > 0) {
                    merged.put(last.getKey(), range.to());
                }
            } else if (range.to() == null || range.from().compareTo(range.to()) < 0) {
                merged.put(range.from(), range.to());
            }
        }
        return merged;
    }

    /** @return number of ranges, for a bound of memory */
    int size() {
        return read.size() + write.size();
    }

    boolean mayRead(KeyRange range) {
        return covers(read, range);
    }

    boolean mayWrite(KeyRange range) {
        return covers(write, range);
    }

    /**
     * One range must cover all keys. As in etcd, an empty range is covered by a range with keys on both sides of it.
     */
    private static boolean covers(TreeMap<Key, Key> ranges, KeyRange wanted) {
        // No key is empty: a range from the empty key on begins at the smallest key.
        KeyRange range = wanted.from().length() > 0 ? wanted : new KeyRange(Key.FIRST.next(), wanted.to());
        boolean isEmpty = range.to() != null && range.to().compareTo(range.from()) <= 0;
        Map.Entry<Key, Key> found = isEmpty ? ranges.lowerEntry(range.to()) : ranges.floorEntry(range.from());
        if (found == null) {
            return false;
        }
        return isEmpty
                ? BY_END.compare(found.getValue(), range.from()) > 0
                : BY_END.compare(found.getValue(), range.to()) >= 0;
    }
}
