package io.raftgres.node.rest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A JSON object that contains only texts, whole numbers and booleans under known names. */
final class JsonScalars {

    private final JsonPointer place;
    private final Map<String, Object> values = new HashMap<>();

    private JsonScalars(JsonPointer place) {
        this.place = place;
    }

    /** @param json stands at the object's start; is left at its end */
    static JsonScalars read(JsonParser json, String... names) throws IOException {
        JsonPointer place = json.getParsingContext().pathAsPointer();
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw TxnParser.invalid(place, "must be an object");
        }
        JsonScalars scalars = new JsonScalars(place);
        List<String> known = List.of(names);
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            if (!known.contains(name)) {
                throw scalars.invalid(name, "is unknown; known here: " + String.join(", ", known));
            }
            scalars.values.put(name, scalars.scalar(json, name));
        }
        return scalars;
    }

    private Object scalar(JsonParser json, String name) throws IOException {
        return switch (json.nextToken()) {
            case VALUE_STRING -> json.getText();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NUMBER_INT ->
                switch (json.getNumberType()) {
                    case INT, LONG -> json.getLongValue();
                    default -> throw invalid(name, "is a number that is too large");
                };
            case VALUE_NUMBER_FLOAT -> throw invalid(name, "must be a whole number");
            case null, default -> throw invalid(name, "must be a text, a number or a boolean");
        };
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    void require(String name) {
        if (!has(name)) {
            throw invalid("'" + name + "' is missing");
        }
    }

    String required(String name) {
        require(name);
        if (values.get(name) instanceof String text) {
            return text;
        }
        throw invalid(name, "must be a text");
    }

    long number(String name, long min, long max, long absent) {
        if (!has(name)) {
            return absent;
        }
        if (values.get(name) instanceof Long number && number >= min && number <= max) {
            return number;
        }
        throw invalid(name, "must be a whole number from " + min + " to " + max);
    }

    boolean flag(String name) {
        if (!has(name)) {
            return false;
        }
        if (values.get(name) instanceof Boolean flag) {
            return flag;
        }
        throw invalid(name, "must be true or false");
    }

    JsonPointer place(String name) {
        return place.appendProperty(name);
    }

    ProblemException invalid(String name, String why) {
        return TxnParser.invalid(place(name), why);
    }

    ProblemException invalid(String why) {
        return TxnParser.invalid(place, why);
    }
}
