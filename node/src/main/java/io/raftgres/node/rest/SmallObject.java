package io.raftgres.node.rest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A JSON object of texts and booleans. It is read strictly: an unknown field is an error. */
final class SmallObject {

    private final List<String> known;
    private final Map<String, Object> values;

    private SmallObject(List<String> known, Map<String, Object> values) {
        this.known = known;
        this.values = values;
    }

    static SmallObject of(String... known) {
        return new SmallObject(List.of(known), Map.of());
    }

    /** @param body an empty body counts as an empty object */
    SmallObject parse(byte[] body) {
        Map<String, Object> found = new HashMap<>();
        if (body.length == 0) {
            return new SmallObject(known, found);
        }
        try (JsonParser json = JsonBytes.FACTORY.createParser(body)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw Problem.invalid("the body must be a JSON object with " + String.join(", ", known));
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                if (!known.contains(name)) {
                    throw Problem.invalid("unknown field '" + name + "'; known here: " + String.join(", ", known));
                }
                Object value = switch (json.nextToken()) {
                    case VALUE_STRING -> json.getText();
                    case VALUE_TRUE -> true;
                    case VALUE_FALSE -> false;
                    case VALUE_NULL -> null;
                    default -> throw Problem.invalid("field '" + name + "' must be a text, true or false");
                };
                if (found.containsKey(name)) {
                    throw Problem.invalid("field '" + name + "' is given twice");
                }
                found.put(name, value);
            }
            if (json.nextToken() != null) {
                throw Problem.invalid("the body has more after the object");
            }
        } catch (JsonProcessingException e) {
            throw Problem.invalid("the body is not valid JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new SmallObject(known, found);
    }

    /** @return null when it is not given */
    String text(String name) {
        Object value = values.get(name);
        if (value != null && !(value instanceof String)) {
            throw Problem.invalid("field '" + name + "' must be a text");
        }
        return (String) value;
    }

    String required(String name) {
        String text = text(name);
        if (text == null) {
            throw Problem.invalid("field '" + name + "' is missing");
        }
        return text;
    }

    boolean flag(String name) {
        Object value = values.get(name);
        if (value != null && !(value instanceof Boolean)) {
            throw Problem.invalid("field '" + name + "' must be true or false");
        }
        return value != null && (Boolean) value;
    }
}
