package io.raftgres.checks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.raftgres.checks.ProductSources.Source;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A simple name means one class: the exceptions are few, and each has a reason. */
class UniqueNamesTest {

    /** The names that may be shared, each with the reason. */
    private static final Map<String, String> SHARED = Map.of(
            "Main", "the entry of each program",
            "Problem", "an error as RFC 9457 defines it: the server writes it and the client reads it");

    @Test
    void noTwoClassesShareASimpleName() {
        Map<String, List<Path>> shared = shared();
        shared.keySet().removeAll(SHARED.keySet());
        assertEquals(Map.of(), shared, "rename one class, or give the reason in SHARED");
    }

    @Test
    void eachExceptionIsStillNeeded() {
        assertEquals(
                Set.of(),
                SHARED.keySet().stream()
                        .filter(name -> !shared().containsKey(name))
                        .collect(Collectors.toSet()));
    }

    private static Map<String, List<Path>> shared() {
        Map<String, List<Path>> files = ProductSources.read().stream()
                .filter(source -> !source.describesPackage())
                .collect(Collectors.groupingBy(
                        Source::name, TreeMap::new, Collectors.mapping(Source::file, Collectors.toList())));
        files.values().removeIf(each -> each.size() == 1);
        return files;
    }
}
