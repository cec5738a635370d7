package io.raftgres.operator.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Checks whether a live object still contains every field that the operator wants. Fields that the API server or others
 * added do not matter.
 */
final class Contains {

    private static final Pattern QUANTITY = Pattern.compile("[0-9]+(\\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?");

    private Contains() {}

    static boolean all(JsonNode wanted, JsonNode live) {
        // The API server leaves out what is empty, such as the value of a variable.
        if (wanted.isNull()
                || wanted.isContainerNode() && wanted.isEmpty()
                || wanted.isTextual() && wanted.asText().isEmpty() && (live == null || live.isNull())) {
            return true;
        }
        if (live == null) {
            return false;
        }
        if (wanted.isObject()) {
            for (Map.Entry<String, JsonNode> field : wanted.properties()) {
                if (!all(field.getValue(), live.get(field.getKey()))) {
                    return false;
                }
            }
            return true;
        }
        if (wanted.isArray()) {
            if (!live.isArray() || live.size() != wanted.size()) {
                return false;
            }
            for (int i = 0; i < wanted.size(); i++) {
                if (!all(wanted.get(i), live.get(i))) {
                    return false;
                }
            }
            return true;
        }
        return wanted.asText().equals(live.asText()) || sameQuantity(wanted.asText(), live.asText());
    }

    /** @return the paths of wanted fields that the live object does not have at all */
    static List<String> missing(JsonNode wanted, JsonNode live) {
        List<String> missing = new ArrayList<>();
        missing("", wanted, live, missing);
        return missing;
    }

    private static void missing(String path, JsonNode wanted, JsonNode live, List<String> missing) {
        if (live == null || live.isNull()) {
            if (!all(wanted, null)) {
                missing.add(path);
            }
        } else if (wanted.isObject()) {
            wanted.properties()
                    .forEach(field -> missing(
                            path.isEmpty() ? field.getKey() : path + "." + field.getKey(),
                            field.getValue(),
                            live.get(field.getKey()),
                            missing));
        } else if (wanted.isArray() && live.isArray() && wanted.size() == live.size()) {
            for (int i = 0; i < wanted.size(); i++) {
                missing(path + "[" + i + "]", wanted.get(i), live.get(i), missing);
            }
        }
    }

    private static boolean sameQuantity(String one, String other) {
        return QUANTITY.matcher(one).matches()
                && QUANTITY.matcher(other).matches()
                && Quantity.parse(one).compareTo(Quantity.parse(other)) == 0;
    }
}
