package io.raftgres.node.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;

/** Refuses options under their old names; the message gives the new name. */
public final class RenamedOptions {

    private static final Map<String, String> NEW_NAMES = new TreeMap<>(Map.of(
            "raftgres.max-writes-under-way", "raftgres.max-writes-in-flight",
            "raftgres.key.max-bytes", "raftgres.max-key-bytes",
            "raftgres.value.max-bytes", "raftgres.max-value-bytes"));

    private RenamedOptions() {}

    /**
     * @param properties names of options, from system properties and the file of options
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

    /** @return the names of the options in a file of properties; none when it cannot be read */
    public static Set<String> namesIn(Path file) {
        Properties options = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            options.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            // There is no such file, or Quarkus refuses it with the reason.
            return Set.of();
        }
        return options.stringPropertyNames();
    }

    private static String variable(String option) {
        return option.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
    }
}
