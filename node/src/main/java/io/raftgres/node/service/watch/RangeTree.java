package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Ranges, found by a key within them: a treap over their beginnings in which each node knows the largest end below it
 * (Cormen et al., Introduction to Algorithms, 14.3). A lookup of a key takes O(log n), and the same again for each hit.
 */
final class RangeTree {

    private static final class Node {
        final KeyRange range;
        final Bucket bucket = new Bucket();
        final int priority;
        Node left;
        Node right;

        /** Largest end in this subtree; null: one of them has none. */
        Key maxTo;

        Node(KeyRange range, int priority) {
            this.range = range;
            this.priority = priority;
            this.maxTo = range.to();
        }

        void update() {
            maxTo = later(
                    range.to(), later(left == null ? Key.FIRST : left.maxTo, right == null ? Key.FIRST : right.maxTo));
        }
    }

    private final SplittableRandom priorities = new SplittableRandom(1);
    private Node root;

    private static Key later(Key a, Key b) {
        return a == null || b == null ? null : a.compareTo(b) >= 0 ? a : b;
    }

    private static int compare(KeyRange a, KeyRange b) {
        int from = a.from().compareTo(b.from());
        if (from != 0 || a.to() == b.to()) {
            return from;
        }
        return a.to() == null ? 1 : b.to() == null ? -1 : a.to().compareTo(b.to());
    }

    void add(Watcher watcher) {
        Node node = find(watcher.spec.range());
        if (node == null) {
            node = new Node(watcher.spec.range(), priorities.nextInt());
            root = insert(root, node);
        }
        node.bucket.add(watcher);
    }

    void remove(Watcher watcher) {
        Node node = find(watcher.spec.range());
        if (node == null) {
            throw new IllegalStateException("the watcher is not in this index");
        }
        node.bucket.remove(watcher);
        if (node.bucket.isEmpty()) {
            root = delete(root, node);
        }
    }

    private Node find(KeyRange range) {
        Node at = root;
        while (at != null) {
            int order = compare(range, at.range);
            if (order == 0) {
                return at;
            }
            at = order < 0 ? at.left : at.right;
        }
        return null;
    }

    private static Node insert(Node at, Node node) {
        if (at == null) {
            return node;
        }
        if (compare(node.range, at.range) < 0) {
            at.left = insert(at.left, node);
            at = at.left.priority > at.priority ? raiseLeft(at) : at;
        } else {
            at.right = insert(at.right, node);
            at = at.right.priority > at.priority ? raiseRight(at) : at;
        }
        at.update();
        return at;
    }

    private static Node raiseLeft(Node at) {
        Node raised = at.left;
        at.left = raised.right;
        raised.right = at;
        at.update();
        return raised;
    }

    private static Node raiseRight(Node at) {
        Node raised = at.right;
        at.right = raised.left;
        raised.left = at;
        at.update();
        return raised;
    }

    private static Node delete(Node at, Node node) {
        if (at == node) {
            return join(at.left, at.right);
        }
        if (compare(node.range, at.range) < 0) {
            at.left = delete(at.left, node);
        } else {
            at.right = delete(at.right, node);
        }
        at.update();
        return at;
    }

    private static Node join(Node left, Node right) {
        if (left == null || right == null) {
            return left == null ? right : left;
        }
        Node top;
        if (left.priority > right.priority) {
            left.right = join(left.right, right);
            top = left;
        } else {
            right.left = join(left, right.left);
            top = right;
        }
        top.update();
        return top;
    }

    /** Calls back for the watchers of each range that has the key. */
    void matching(Key key, Consumer<Bucket> each) {
        matching(root, key, each);
    }

    private static void matching(Node at, Key key, Consumer<Bucket> each) {
        for (Node node = at; node != null && (node.maxTo == null || node.maxTo.compareTo(key) > 0); ) {
            matching(node.left, key, each);
            if (node.range.from().compareTo(key) > 0) {
                return;
            }
            if (node.range.to() == null || node.range.to().compareTo(key) > 0) {
                each.accept(node.bucket);
            }
            node = node.right;
        }
    }

    void forEach(Consumer<Watcher> each) {
        forEach(root, each);
    }

    private static void forEach(Node at, Consumer<Watcher> each) {
        if (at != null) {
            forEach(at.left, each);
            at.bucket.forEach(each);
            forEach(at.right, each);
        }
    }
}
