package io.raftgres.checks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Sources, tests, pages, scripts, charts and build files use plain words: each private or dated word has a plain one. A
 * word in capitals is the name of a constant, and passes.
 */
class WordsTest {

    /** A word that is refused, and what to write instead. */
    private static final Map<String, String> PLAIN = new TreeMap<>(Map.ofEntries(
            Map.entry("aloud", "with a message"),
            Map.entry("anew", "again"),
            Map.entry("as things are", "now, at present"),
            Map.entry("beside", "next to"),
            Map.entry("everybody", "every member, client or person that is meant; PUBLIC in PostgreSQL"),
            Map.entry("folder", "directory"),
            Map.entry("folders", "directories"),
            Map.entry("for ever", "permanently"),
            Map.entry("for good", "permanently"),
            Map.entry("gives up", "discards, stops"),
            Map.entry("goes on", "continues"),
            Map.entry("going on", "in progress, continuing"),
            Map.entry("gone on", "continued"),
            Map.entry("handed over", "transferred"),
            Map.entry("handing over", "transferring"),
            Map.entry("handover", "transfer"),
            Map.entry("hands over", "transfers"),
            Map.entry("in earnest", "thoroughly"),
            Map.entry("somebody", "the client or person that is meant"),
            Map.entry("someone", "the client or person that is meant"),
            Map.entry("thrown away", "discarded, deleted"),
            Map.entry("under way", "in flight, in progress"),
            Map.entry("went on", "continued"),
            Map.entry("whichever", "any, the one that is meant"),
            Map.entry("whoever", "the member, client or person that is meant")));

    private static final Pattern REFUSED = Pattern.compile("(?i)\\b(" + String.join("|", PLAIN.keySet()) + ")\\b");

    /** This test lists the words. */
    private static final Set<String> OTHER_TESTS = Set.of("checks");

    @Test
    void sourcesAndPagesUsePlainWords() {
        List<String> found = new ArrayList<>();
        ProductSources.read().forEach(source -> search(source.file().toString(), source.text(), found));
        Page.all().forEach(page -> search(page.file().toString(), page.text(), found));
        assertEquals(List.of(), found);
    }

    @Test
    void testsUsePlainWords() {
        List<String> found = new ArrayList<>();
        ProductSources.tests().stream()
                .filter(test -> !OTHER_TESTS.contains(test.file().getName(0).toString()))
                .forEach(test -> search(test.file().toString(), test.text(), found));
        assertEquals(List.of(), found);
    }

    @Test
    void scriptsChartsAndBuildFilesUsePlainWords() {
        List<String> found = new ArrayList<>();
        TextFile.all().forEach(text -> search(text.file().toString(), text.text(), found));
        assertEquals(List.of(), found);
    }

    private static void search(String file, String text, List<String> found) {
        Matcher refused = REFUSED.matcher(text);
        while (refused.find()) {
            String word = refused.group();
            if (word.equals(word.toUpperCase(Locale.ROOT))) {
                continue;
            }
            long line = 1
                    + text.substring(0, refused.start())
                            .chars()
                            .filter(c -> c == '\n')
                            .count();
            found.add(file + ":" + line + ": '" + word + "'; write: " + PLAIN.get(word.toLowerCase(Locale.ROOT)));
        }
    }
}
