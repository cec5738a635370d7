package io.raftgres.checks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Sources, pages, scripts, charts and build files use plain words: each private or dated word has a plain one. */
class WordsTest {

    /** A word that is refused, and what to write instead. */
    private static final Map<String, String> PLAIN = new TreeMap<>(Map.of(
            "whoever", "the member, client or person that is meant",
            "for ever", "permanently",
            "anew", "again",
            "beside", "next to",
            "goes on", "continues",
            "gives up", "discards, stops",
            "somebody", "the client or person that is meant",
            "under way", "in flight, in progress"));

    private static final Pattern REFUSED = Pattern.compile("(?i)\\b(" + String.join("|", PLAIN.keySet()) + ")\\b");

    @Test
    void sourcesAndPagesUsePlainWords() {
        List<String> found = new ArrayList<>();
        ProductSources.read().forEach(source -> search(source.file().toString(), source.text(), found));
        Page.all().forEach(page -> search(page.file().toString(), page.text(), found));
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
            long line = 1
                    + text.substring(0, refused.start())
                            .chars()
                            .filter(c -> c == '\n')
                            .count();
            found.add(file + ":" + line + ": '" + refused.group() + "'; write: "
                    + PLAIN.get(refused.group().toLowerCase(Locale.ROOT)));
        }
    }
}
