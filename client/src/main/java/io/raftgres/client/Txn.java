package io.raftgres.client;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A transaction. If all compares hold, {@code success} runs, otherwise {@code failure}. All operations take effect at
 * one revision, or none does. At most 128 compares, and 128 operations per branch; a branch may put a key once.
 */
public record Txn(List<Compare> compares, List<Op> success, List<Op> failure) {

    public Txn {
        compares = List.copyOf(compares);
        success = List.copyOf(success);
        failure = List.copyOf(failure);
    }

    public static Txn of(Op... operations) {
        return new Txn(List.of(), List.of(operations), List.of());
    }

    public static Txn when(Compare... compares) {
        return new Txn(List.of(compares), List.of(), List.of());
    }

    public Txn then(Op... operations) {
        return new Txn(compares, added(success, operations), failure);
    }

    public Txn otherwise(Op... operations) {
        return new Txn(compares, success, added(failure, operations));
    }

    private static List<Op> added(List<Op> before, Op[] more) {
        List<Op> all = new ArrayList<>(before);
        Collections.addAll(all, more);
        return all;
    }

    public enum Target {
        VERSION("version"),
        CREATE_REVISION("createRevision"),
        MOD_REVISION("modRevision"),
        VALUE("value");

        private final String wire;

        Target(String wire) {
            this.wire = wire;
        }
    }

    public enum Relation {
        EQUAL("="),
        NOT_EQUAL("!="),
        LESS("<"),
        GREATER(">");

        private final String wire;

        Relation(String wire) {
            this.wire = wire;
        }
    }

    /**
     * A condition on one key. A key that does not exist has revisions and version 0; a comparison of its value always
     * fails.
     *
     * @param number the right-hand side for all targets except VALUE
     * @param value the right-hand side for VALUE, null otherwise
     */
    public record Compare(byte[] key, Target target, Relation relation, long number, byte[] value) {
        public static Compare exists(byte[] key) {
            return new Compare(key, Target.VERSION, Relation.GREATER, 0, null);
        }

        public static Compare absent(byte[] key) {
            return new Compare(key, Target.VERSION, Relation.EQUAL, 0, null);
        }

        public static Compare modRevision(byte[] key, Relation relation, long revision) {
            return new Compare(key, Target.MOD_REVISION, relation, revision, null);
        }

        public static Compare value(byte[] key, Relation relation, byte[] value) {
            return new Compare(key, Target.VALUE, relation, 0, value);
        }
    }

    public sealed interface Op {
        record Put(byte[] key, byte[] value) implements Op {}

        record Delete(byte[] key) implements Op {}

        record DeletePrefix(byte[] prefix) implements Op {}

        record Get(byte[] key) implements Op {}

        /** @param limit maximal number of rows, 1 to 1,000; 0: 1,000 */
        record GetPrefix(byte[] prefix, int limit, boolean keysOnly) implements Op {}
    }

    /** The result of an operation, at the operation's place in the branch that ran. */
    public sealed interface Result {
        record Put(long createRevision, long modRevision, long version) implements Result {}

        record Delete(long deleted) implements Result {}

        /** @param more whether there are more rows than the limit */
        record Get(List<KeyValue> rows, boolean more) implements Result {}
    }

    /**
     * @param succeeded whether the compares held
     * @param replayed an earlier attempt had already been applied; {@code results} is then empty
     */
    public record Response(long revision, boolean succeeded, List<Result> results, boolean replayed) {
        public Response {
            results = List.copyOf(results);
        }
    }

    ObjectNode toJson(ObjectMapper json) {
        ObjectNode node = json.createObjectNode();
        ArrayNode conditions = node.putArray("compare");
        for (Compare compare : compares) {
            ObjectNode condition = conditions
                    .addObject()
                    .put("key", compare.key())
                    .put("target", compare.target().wire)
                    .put("op", compare.relation().wire);
            if (compare.target() == Target.VALUE) {
                condition.put("value", compare.value());
            } else {
                condition.put("number", compare.number());
            }
        }
        success.forEach(op -> add(node.withArray("/success").addObject(), op));
        failure.forEach(op -> add(node.withArray("/failure").addObject(), op));
        return node;
    }

    private static void add(ObjectNode node, Op op) {
        switch (op) {
            case Op.Put put -> node.putObject("put").put("key", put.key()).put("value", put.value());
            case Op.Delete delete -> node.putObject("delete").put("key", delete.key());
            case Op.DeletePrefix delete -> node.putObject("delete").put("prefix", delete.prefix());
            case Op.Get get -> node.putObject("get").put("key", get.key());
            case Op.GetPrefix get ->
                node.putObject("get")
                        .put("prefix", get.prefix())
                        .put("limit", get.limit())
                        .put("keysOnly", get.keysOnly());
        }
    }
}
