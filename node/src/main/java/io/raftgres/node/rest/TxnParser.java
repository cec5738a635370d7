package io.raftgres.node.rest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.raftgres.node.kv.Compare;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Limits;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Parses the JSON of a transaction strictly: it refuses everything unknown, with a pointer to the place. */
final class TxnParser {

    /** Maximum number of rows from one read of a transaction. */
    private static final int MAX_ROWS = 1_000;

    private final RestOptions options;
    private final Encoding encoding;
    private JsonParser json;
    private long bytes;

    TxnParser(RestOptions options, Encoding encoding) {
        this.options = options;
        this.encoding = encoding;
    }

    /** @throws ProblemException 400, or 413 when the keys and values together are too long */
    Request parse(byte[] body, byte[] token) {
        try (JsonParser parser = JsonBytes.FACTORY.createParser(body)) {
            json = parser;
            json.nextToken();
            Request request = request(token);
            if (json.nextToken() != null) {
                throw invalid(JsonPointer.empty(), "the body has more after the transaction");
            }
            return request;
        } catch (JsonProcessingException e) {
            throw Problem.invalid("the body is not valid JSON: " + e.getOriginalMessage()
                    + (e.getLocation() == null
                            ? ""
                            : " (line " + e.getLocation().getLineNr() + ", column "
                                    + e.getLocation().getColumnNr() + ")"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Request request(byte[] token) throws IOException {
        expect(JsonToken.START_OBJECT, "an object");
        List<Compare> compares = List.of();
        List<Op> success = List.of();
        List<Op> failure = List.of();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            switch (json.currentName()) {
                case "compare" -> compares = list(this::compare);
                case "success" -> success = branch();
                case "failure" -> failure = branch();
                default -> throw unknown("compare, success, failure");
            }
        }
        if (bytes > options.maxTxnBytes()) {
            throw Problem.tooLarge("the keys and values of the transaction", options.maxTxnBytes());
        }
        return new Request(token, compares, success, failure);
    }

    private interface Element<T> {
        /** The parser is at the element's first token, and is left at its last. */
        T read() throws IOException;
    }

    private <T> List<T> list(Element<T> element) throws IOException {
        json.nextToken();
        expect(JsonToken.START_ARRAY, "an array");
        List<T> list = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (list.size() == Limits.MAX_TXN_OPS) {
                throw invalid(here(), "more than " + Limits.MAX_TXN_OPS + " entries");
            }
            list.add(element.read());
        }
        return list;
    }

    private List<Op> branch() throws IOException {
        Set<Key> puts = new HashSet<>();
        return list(() -> {
            JsonPointer place = here();
            Op op = op();
            if (op instanceof Op.Put put && !puts.add(put.key())) {
                throw invalid(place, "the key is put twice");
            }
            return op;
        });
    }

    private Op op() throws IOException {
        expect(JsonToken.START_OBJECT, "an object");
        if (json.nextToken() != JsonToken.FIELD_NAME) {
            throw invalid(here(), "must have put, delete or get");
        }
        Op op = switch (json.currentName()) {
            case "put" -> put();
            case "delete" -> new Op.Delete(range(scalars("key", "prefix", "from", "to")), false);
            case "get" -> get();
            default -> throw unknown("put, delete, get");
        };
        if (json.nextToken() != JsonToken.END_OBJECT) {
            throw invalid(here(), "an operation has exactly one of put, delete and get");
        }
        return op;
    }

    private Op put() throws IOException {
        JsonScalars scalars = scalars("key", "value");
        return new Op.Put(key(scalars, "key"), value(scalars), 0, false);
    }

    private Op get() throws IOException {
        JsonScalars scalars = scalars("key", "prefix", "from", "to", "limit", "keysOnly");
        int limit = (int) scalars.number("limit", 0, MAX_ROWS, 0);
        return new Op.Get(range(scalars), limit == 0 ? MAX_ROWS : limit, scalars.flag("keysOnly"));
    }

    private Compare compare() throws IOException {
        JsonScalars scalars = JsonScalars.read(json, "key", "target", "op", "number", "value");
        Key key = key(scalars, "key");
        Compare.Target target = switch (scalars.required("target")) {
            case "version" -> Compare.Target.VERSION;
            case "createRevision" -> Compare.Target.CREATE_REVISION;
            case "modRevision" -> Compare.Target.MOD_REVISION;
            case "lease" -> Compare.Target.LEASE;
            case "value" -> Compare.Target.VALUE;
            default -> throw scalars.invalid("target", "must be version, createRevision, modRevision, lease or value");
        };
        Compare.Relation relation = switch (scalars.required("op")) {
            case "=" -> Compare.Relation.EQUAL;
            case "!=" -> Compare.Relation.NOT_EQUAL;
            case "<" -> Compare.Relation.LESS;
            case ">" -> Compare.Relation.GREATER;
            default -> throw scalars.invalid("op", "must be =, !=, < or >");
        };
        String absent = target == Compare.Target.VALUE ? "number" : "value";
        if (scalars.has(absent)) {
            throw scalars.invalid(absent, "must not be combined with this target");
        }
        if (target == Compare.Target.VALUE) {
            return new Compare(key, target, relation, 0, value(scalars));
        }
        scalars.require("number");
        return new Compare(key, target, relation, scalars.number("number", 0, Long.MAX_VALUE, 0), null);
    }

    private KeyRange range(JsonScalars scalars) {
        int kinds = (scalars.has("key") ? 1 : 0)
                + (scalars.has("prefix") ? 1 : 0)
                + (scalars.has("from") || scalars.has("to") ? 1 : 0);
        if (kinds != 1) {
            throw scalars.invalid("name the range by key, by prefix, or by from and to");
        }
        if (scalars.has("key")) {
            return KeyRange.single(key(scalars, "key"));
        }
        if (scalars.has("prefix")) {
            return KeyRange.prefix(Key.of(bytes(scalars, "prefix", options.maxKeyBytes())));
        }
        int maxBytes = options.maxKeyBytes() + 1;
        Key from = scalars.has("from") ? Key.of(bytes(scalars, "from", maxBytes)) : Key.FIRST;
        Key to = scalars.has("to") ? Key.of(bytes(scalars, "to", maxBytes)) : null;
        if (to != null && from.compareTo(to) >= 0) {
            throw scalars.invalid("to", "must be above from");
        }
        return new KeyRange(from, to);
    }

    private Key key(JsonScalars scalars, String name) {
        byte[] key = bytes(scalars, name, options.maxKeyBytes());
        if (key.length == 0) {
            throw scalars.invalid(name, "is empty");
        }
        return Key.of(key);
    }

    private byte[] value(JsonScalars scalars) {
        return bytes(scalars, "value", options.maxValueBytes());
    }

    private byte[] bytes(JsonScalars scalars, String name, int maxBytes) {
        byte[] decoded = encoding.read(scalars.required(name));
        if (decoded == null) {
            throw scalars.invalid(
                    name,
                    encoding == Encoding.TEXT
                            ? "has characters that UTF-8 cannot represent"
                            : "is not base64 (for plain text add ?encoding=text to the address)");
        }
        if (decoded.length > maxBytes) {
            throw Problem.tooLarge(scalars.place(name).toString(), maxBytes);
        }
        bytes += decoded.length;
        return decoded;
    }

    private JsonScalars scalars(String... names) throws IOException {
        json.nextToken();
        return JsonScalars.read(json, names);
    }

    private void expect(JsonToken token, String what) {
        if (json.currentToken() != token) {
            throw invalid(here(), "must be " + what);
        }
    }

    private ProblemException unknown(String known) {
        return invalid(here(), "is unknown; known here: " + known);
    }

    private JsonPointer here() {
        return json.getParsingContext().pathAsPointer();
    }

    static ProblemException invalid(JsonPointer place, String why) {
        String pointer = place.toString();
        return new ProblemException(new Problem(
                Problem.Type.INVALID_REQUEST,
                (pointer.isEmpty() ? "the body" : pointer) + ": " + why,
                Map.of("pointer", pointer),
                0));
    }
}
