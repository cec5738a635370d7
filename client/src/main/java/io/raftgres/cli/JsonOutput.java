package io.raftgres.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.raftgres.client.KeyValue;

/** Results as JSON, one object a line. */
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

    /** Bytes as text when they are valid UTF-8, otherwise in base64 under the name with 'Base64' after it. */
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
