package io.raftgres.checks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Pages name only options, metrics, commands, paths and files that exist. */
class PagesTest {

    /** Names in pages that look like others and are none, each with the reason. */
    private static final Map<String, String> EXCEPTIONS = Map.of(
            "raftgres_reader", "a role in PostgreSQL",
            "raftgres_io_cluster", "a label of pods, in Prometheus' form",
            "raftgres.kv", "a table in PostgreSQL",
            "raftgres.io", "the group of the Kubernetes API");

    private static final Pattern OPTION =
            Pattern.compile("(?:(?<=-D)|(?<![\\w./:-]))(raftgres\\.[a-z]+(?:[.-][a-z]+)*)(?![\\w(/])");
    private static final Pattern VARIABLE = Pattern.compile("\\b(RAFTGRES_[A-Z_]+[A-Z])\\b");
    private static final Pattern METRIC = Pattern.compile("(?<![\\w@/.])(raftgres_[a-z_]+[a-z])\\b");
    private static final Pattern COMMAND = Pattern.compile("\\./raftgres ([a-z][a-z0-9-]*(?: [a-z]+(?![\\w/.]))?)");
    private static final Pattern PATH = Pattern.compile("(/v1/[\\w{}/.-]*[\\w}])");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern FILE =
            Pattern.compile("(?<![\\w@/.:{-])((?:[\\w.-]+/)+[\\w.-]+\\.[a-z]+)(?=`)|(?<![\\w@/.-])"
                    + "((?:docs|helm|k8s|crds|e2e|bin|images|\\.ci|\\.github)/[\\w./-]+\\.[a-z]+)\\b");
    private static final KnownNames KNOWN = new KnownNames();

    private final List<Page> pages = Page.all();

    @Test
    void eachOptionExists() {
        assertEquals(Map.of(), unknown(page -> unknownOptions(page.text())), "not in a ConfigMapping, and not read");
    }

    @Test
    void anOptionUnderItsFormerNameIsFound() {
        assertEquals(Set.of("raftgres.key.max-bytes"), unknownOptions("`raftgres.key.max-bytes` limits keys"));
        assertEquals(Set.of("raftgres.key.max-bytes"), unknownOptions("java -Draftgres.key.max-bytes=9"));
        assertFalse(KNOWN.variables().contains("RAFTGRES_KEY_MAX_BYTES"));
        assertEquals(Set.of(), unknownOptions("`raftgres.max-key-bytes` and `raftgres.postgres.user`."));
    }

    private static Set<String> unknownOptions(String text) {
        return without(new Page(Path.of(""), text).find(OPTION), KNOWN.options()::contains);
    }

    @Test
    void eachVariableOfTheEnvironmentExists() {
        Set<String> known = KNOWN.variables();
        assertEquals(Map.of(), unknown(page -> without(page.find(VARIABLE), known::contains)));
    }

    @Test
    void eachMetricExists() {
        Predicate<String> known = KNOWN.metrics().asMatchPredicate();
        assertEquals(Map.of(), unknown(page -> without(page.find(METRIC), known)));
    }

    @Test
    void eachMetricOfAlertsAndDashboardExists() {
        Path root = ProductSources.root();
        Predicate<String> known = KNOWN.metrics().asMatchPredicate();
        Map<String, Set<String>> unknown = List.of("alerts.yaml", "operator-alerts.yaml", "dashboard.json").stream()
                .map(file -> Page.read(
                        root, root.resolve("helm/raftgres-operator/files").resolve(file)))
                .collect(Collectors.toMap(page -> page.file().toString(), page -> without(page.find(METRIC), known)));
        unknown.values().removeIf(Set::isEmpty);
        assertEquals(Map.of(), unknown);
    }

    @Test
    void eachCommandOfTheLauncherExists() {
        assertEquals(Map.of(), unknown(page -> without(page.find(COMMAND), PagesTest::isCommand)));
    }

    private static boolean isCommand(String words) {
        String[] parts = words.split(" ");
        return KNOWN.hasCommand(parts[0], parts.length == 2 ? parts[1] : null);
    }

    @Test
    void eachPathOfTheRestApiExists() {
        Predicate<String> known = KNOWN.paths().asMatchPredicate();
        assertEquals(Map.of(), unknown(page -> without(page.find(PATH), known)));
    }

    @Test
    void eachRelativeLinkLeadsToAHeadingOrAFile() {
        assertEquals(Map.of(), unknown(page -> without(page.find(LINK), link -> leadsSomewhere(page, link))));
    }

    private static boolean leadsSomewhere(Page page, String link) {
        if (link.matches("[a-z]+:.*")) {
            return true;
        }
        Path root = ProductSources.root();
        String[] parts = link.split("#", 2);
        Path from = root.resolve(page.file());
        Path to = parts[0].isEmpty() ? from : from.resolveSibling(parts[0]).normalize();
        return Files.exists(to)
                && (parts.length == 1 || Page.read(root, to).anchors().contains(parts[1]));
    }

    @Test
    void eachFileThatIsNamedExists() {
        Path root = ProductSources.root();
        assertEquals(Map.of(), unknown(page -> without(files(page), file -> Files.exists(root.resolve(file)))));
    }

    private static Set<String> files(Page page) {
        Set<String> files = new TreeSet<>();
        Matcher matcher = FILE.matcher(page.text());
        while (matcher.find()) {
            files.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
        }
        return files;
    }

    private Map<String, Set<String>> unknown(Function<Page, Set<String>> check) {
        Map<String, Set<String>> unknown =
                pages.stream().collect(Collectors.toMap(page -> page.file().toString(), check));
        unknown.values().removeIf(Set::isEmpty);
        return unknown;
    }

    private static Set<String> without(Set<String> names, Predicate<String> known) {
        Set<String> rest = new TreeSet<>(names);
        rest.removeIf(known.or(EXCEPTIONS::containsKey));
        return rest;
    }
}
