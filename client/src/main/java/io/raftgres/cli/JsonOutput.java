package io.raftgres.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.raftgres.client.KeyValue;

/** Prints results as JSON, one object per line. */
final class JsonOutput {
    private JsonOutput() {}

    static final ObjectMapper MAPPER = new ObjectMapper();

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static String line(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write JSON", e);
        }
    }

    /** Writes bytes as text if they are valid UTF-8; otherwise as base64, with 'Base64' appended to the name. */
    static void bytes(ObjectNode node, String name, byte[] bytes) {
        Text.decode(bytes).ifPresentOrElse(text -> node.put(name, text), () -> node.put(name + "Base64", bytes));
    }

    static ObjectNode row(KeyValue row, boolean withValue) {
        ObjectNode node = object();
        bytes(node, "key", row.key());
        if (withValue) {
            bytes(node, "value", row.value());
        }
        return node.put("createRevision", row.createRevision())
                .put("modRevision", row.modRevision())
                .put("version", row.version());
    }
}
