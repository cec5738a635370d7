package io.raftgres.checks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Markdown page for users or contributors.
 *
 * @param file relative to the repository's root
 */
record Page(Path file, String text) {

    private static final List<String> FIXED = List.of("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md");
    private static final List<String> DIRECTORIES = List.of("docs", "helm");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");

    static List<Page> all() {
        Path root = ProductSources.root();
        Stream<Path> inDirectories = DIRECTORIES.stream().flatMap(directory -> markdown(root.resolve(directory)));
        return Stream.concat(FIXED.stream().map(root::resolve), inDirectories)
                .map(file -> read(root, file))
                .toList();
    }

    static Page read(Path root, Path file) {
        try {
            return new Page(root.relativize(file), Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<Path> markdown(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(".md")).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return the first groups of all matches of the pattern */
    Set<String> find(Pattern pattern) {
        return pattern.matcher(text)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** @return the anchors of the headings, as GitHub makes them */
    Set<String> anchors() {
        return find(HEADING).stream()
                .map(heading -> heading.toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }
}
