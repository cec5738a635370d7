package io.raftgres.node.rest;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The query parameters of a request. Only those that its route knows are accepted. */
final class Query {

    private static final Query EMPTY = new Query(Map.of());

    private final Map<String, byte[]> values;

    private Query(Map<String, byte[]> values) {
        this.values = values;
    }

    /**
     * @param raw as it stood in the request line, null for none
     * @param known names that the route takes
     * @throws ProblemException 400 for a parameter that is unknown, given twice or badly encoded
     */
    static Query parse(String raw, Set<String> known) {
        if (raw == null || raw.isEmpty()) {
            return EMPTY;
        }
        Map<String, byte[]> values = new HashMap<>();
        int start = 0;
        while (start <= raw.length()) {
            int end = raw.indexOf('&', start);
            end = end < 0 ? raw.length() : end;
            int equals = raw.indexOf('=', start);
            int nameEnd = equals < 0 || equals > end ? end : equals;
            byte[] nameBytes = Percent.decode(raw, start, nameEnd, "a query parameter's name");
            String name = new String(nameBytes, StandardCharsets.ISO_8859_1);
            if (!known.contains(name)) {
                throw Problem.invalid("unknown query parameter '" + name + "'"
                        + (known.isEmpty() ? "; none is known here" : "; known here: " + sorted(known)));
            }
            if (nameEnd == end) {
                throw Problem.invalid("query parameter '" + name + "' has no value: write '" + name + "='");
            }
            byte[] value = Percent.decode(raw, nameEnd + 1, end, "query parameter '" + name + "'");
            if (values.put(name, value) != null) {
                throw Problem.invalid("query parameter '" + name + "' is given twice");
            }
            start = end + 1;
        }
        return new Query(values);
    }

    private static String sorted(Set<String> names) {
        return String.join(", ", names.stream().sorted().toList());
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    /** @return null when it is not given */
    byte[] bytes(String name) {
        return values.get(name);
    }

    /** @return null when it is not given */
    String text(String name) {
        byte[] value = values.get(name);
        return value == null ? null : new String(value, StandardCharsets.ISO_8859_1);
    }

    boolean flag(String name) {
        String text = text(name);
        if (text == null) {
            return false;
        }
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw Problem.invalid("query parameter '" + name + "' must be true or false");
        };
    }

    /** @return {@code absent} when it is not given */
    long number(String name, long min, long absent) {
        String text = text(name);
        return text == null ? absent : parseNumber(text, min, Long.MAX_VALUE, "query parameter '" + name + "'");
    }

    /** Plain decimal digits only: no sign, no spaces. */
    static long parseNumber(String text, long min, long max, String what) {
        boolean digits = !text.isEmpty() && text.length() <= 19 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (digits) {
            try {
                long value = Long.parseLong(text);
                if (value >= min && value <= max) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // 19 digits may be above the largest number; the code below refuses it like any number out of range.
            }
        }
        throw Problem.invalid(what + " must be a whole number from " + min + " to " + max);
    }
}
