package io.raftgres.checks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads the product's sources: the Java files under {@code src/main/java} of each module. */
final class ProductSources {

    /** Packages are named without this prefix. */
    static final String PREFIX = "io.raftgres.";

    private static final Path MAIN = Path.of("src", "main", "java");
    private static final Path TEST = Path.of("src", "test", "java");
    private static final Path PROTOS = Path.of("etcd-api", "src", "main", "proto");
    private static final Pattern IMPORT =
            Pattern.compile("(?m)^import (?:static )?io\\.raftgres\\.([a-z0-9_.]+)\\.[A-Z*]");
    private static final Pattern JAVA_PACKAGE = Pattern.compile("java_package = \"io\\.raftgres\\.([a-z0-9_.]+)\"");

    private ProductSources() {}

    /**
     * A Java file.
     *
     * @param file relative to the repository's root
     * @param packageName without {@link #PREFIX}
     * @param name of the top-level class, or {@code package-info}
     */
    record Source(Path file, String packageName, String name, String text) {

        boolean describesPackage() {
            return name.equals("package-info");
        }
    }

    /** Finds the directory that holds the launcher {@code raftgres}. */
    static Path root() {
        Path directory = Path.of("").toAbsolutePath();
        while (directory != null && !Files.isRegularFile(directory.resolve("raftgres"))) {
            directory = directory.getParent();
        }
        if (directory == null) {
            throw new IllegalStateException("no directory above " + Path.of("").toAbsolutePath() + " holds 'raftgres'");
        }
        return directory;
    }

    static List<Source> read() {
        return read(MAIN);
    }

    /** @return the Java files under {@code src/test/java} of each module */
    static List<Source> tests() {
        return read(TEST);
    }

    private static List<Source> read(Path sources) {
        Path root = root();
        try (Stream<Path> modules = Files.list(root)) {
            return modules.map(module -> module.resolve(sources))
                    .filter(Files::isDirectory)
                    .sorted()
                    .flatMap(main -> files(main, ".java").map(file -> source(root, main, file)))
                    .filter(source -> !source.name().equals("module-info"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return packages whose classes are generated from the protos of etcd's API */
    static Set<String> generatedPackages() {
        return files(root().resolve(PROTOS), ".proto")
                .flatMap(file -> JAVA_PACKAGE.matcher(text(file)).results())
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** @return packages of the project that the text of a Java file imports classes or members of */
    static Set<String> importedPackages(String text) {
        return IMPORT.matcher(text)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Source source(Path root, Path main, Path file) {
        String packageName = main.relativize(file.getParent())
                .toString()
                .replace(file.getFileSystem().getSeparator(), ".");
        String fileName = file.getFileName().toString();
        return new Source(
                root.relativize(file),
                packageName.startsWith(PREFIX) ? packageName.substring(PREFIX.length()) : packageName,
                fileName.substring(0, fileName.length() - ".java".length()),
                text(file));
    }

    private static Stream<Path> files(Path directory, String ending) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(ending)).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
