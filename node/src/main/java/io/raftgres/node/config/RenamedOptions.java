package io.raftgres.node.config;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Refuses options under their old names; the message gives the new name. */
public final class RenamedOptions {

    private static final Map<String, String> NEW_NAMES = new TreeMap<>(Map.of(
            "raftgres.max-writes-under-way", "raftgres.max-writes-in-flight",
            "raftgres.key.max-bytes", "raftgres.max-key-bytes",
            "raftgres.value.max-bytes", "raftgres.max-value-bytes"));

    private RenamedOptions() {}

    /**
     * @param properties names of system properties
     * @param variables names of environment variables
     * @return a sentence about the first old name; null when there is none
     */
    public static String objection(Collection<String> properties, Collection<String> variables) {
        for (Map.Entry<String, String> renamed : NEW_NAMES.entrySet()) {
            if (properties.contains(renamed.getKey())) {
                return "the option " + renamed.getKey() + " is now called " + renamed.getValue();
            }
            if (variables.contains(variable(renamed.getKey()))) {
                return "the variable " + variable(renamed.getKey()) + " is now called " + variable(renamed.getValue());
            }
        }
        return null;
    }

    private static String variable(String option) {
        return option.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
    }
}
