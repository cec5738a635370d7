package io.raftgres.checks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the names that pages may use: options, variables, metrics, commands and paths, as the sources define them. */
final class KnownNames {

    private static final Pattern MAPPING =
            Pattern.compile("@ConfigMapping\\(prefix = \"([a-z.-]+)\"\\)\\s+public interface (\\w+)");
    private static final Pattern GETTER = Pattern.compile("(?m)^\\s+([\\w.<>]+) (\\w+)\\(\\);$");
    private static final Pattern PROPERTY =
            Pattern.compile("(?:getProperty|getInteger|getLong|getBoolean)\\(\\s*\"(raftgres\\.[\\w.-]+)\"");
    private static final Pattern METER = Pattern.compile("\"(raftgres(?:\\.[a-z]+)+)\"");
    private static final Pattern PATH = Pattern.compile("(?m)^  (/v1\\S*):$");
    private static final Pattern VARIABLE = Pattern.compile("\\b(RAFTGRES_[A-Z_]+)\\b");
    /** Sources with this word name variables and options that have other names now. */
    private static final String FORMER = "RenamedOptions";

    private static final String UNITS = "(?:_(?:total|seconds|bytes))?(?:_(?:bucket|count|sum|max))?";

    private final Path root = ProductSources.root();
    private final List<String> java = files(root)
            .filter(file -> file.toString().endsWith(".java"))
            .map(KnownNames::text)
            .toList();
    private final String usage = usage(text(root.resolve("raftgres")));

    /** @return all options of programs that have a ConfigMapping, and system properties that other code reads */
    Set<String> options() {
        Set<String> options = new TreeSet<>();
        for (String source : java) {
            MAPPING.matcher(source)
                    .results()
                    .forEach(found -> addOptions(source, found.group(2), found.group(1), options));
            PROPERTY.matcher(source).results().forEach(found -> options.add(found.group(1)));
        }
        return options;
    }

    private static void addOptions(String source, String type, String prefix, Set<String> options) {
        for (MatchResult getter : GETTER.matcher(body(source, type)).results().toList()) {
            String name = prefix + "." + kebab(getter.group(2));
            if (source.contains(" interface " + getter.group(1) + " {")) {
                addOptions(source, getter.group(1), name, options);
            } else {
                options.add(name);
            }
        }
    }

    /** @return an interface's text without that of the interfaces in it */
    private static String body(String source, String type) {
        int begin = source.indexOf('{', source.indexOf("interface " + type)) + 1;
        StringBuilder body = new StringBuilder();
        int depth = 0;
        for (int i = begin; i < source.length() && depth >= 0; i++) {
            char c = source.charAt(i);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (depth == 0) {
                body.append(c);
            }
        }
        return body.toString().replaceAll("(?s)/\\*.*?\\*/", "");
    }

    private static String kebab(String name) {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    /** @return environment variables: those of the options, and those that scripts and other code read */
    Set<String> variables() {
        Stream<String> ofOptions =
                options().stream().map(option -> option.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"));
        Stream<String> scripts = Stream.of(
                        "raftgres", "images/build.sh", ".ci/run", ".ci/kubernetes", "bin/kubectl-raftgres")
                .map(script -> text(root.resolve(script)));
        Stream<String> read = Stream.concat(java.stream().filter(source -> !source.contains(FORMER)), scripts)
                .flatMap(source -> VARIABLE.matcher(source).results())
                .map(found -> found.group(1));
        return Stream.concat(ofOptions, read).collect(Collectors.toCollection(TreeSet::new));
    }

    /** @return matches the Prometheus names of all meters, with the endings that Micrometer adds */
    Pattern metrics() {
        Set<String> options = options();
        return Pattern.compile(java.stream()
                .flatMap(source -> METER.matcher(source).results())
                .map(found -> found.group(1))
                .filter(name -> !options.contains(name))
                .map(name -> name.replace('.', '_'))
                .distinct()
                .collect(Collectors.joining("|", "(?:", ")" + UNITS)));
    }

    /** @return whether the launcher's usage shows the command, and the subcommand if there is one */
    boolean hasCommand(String command, String subcommand) {
        boolean known = has("(?m)^  (?:[a-z, ]+ )?" + Pattern.quote(command) + "(?![a-z0-9-])");
        boolean hasSubcommands = command.equals("node") || command.equals("member");
        return known
                && (!hasSubcommands
                        || subcommand == null
                        || has("\\b" + command + " (?:[a-z]+\\|)*" + Pattern.quote(subcommand) + "\\b"));
    }

    private boolean has(String pattern) {
        return Pattern.compile(pattern).matcher(usage).find();
    }

    private static String usage(String launcher) {
        Matcher usage = Pattern.compile("(?s)usage\\(\\) \\{\n.*?<<'TEXT'\n(.*?)\nTEXT\n")
                .matcher(launcher);
        if (!usage.find()) {
            throw new IllegalStateException("the launcher has no usage text");
        }
        return usage.group(1);
    }

    /** @return matches the paths of the REST API; a parameter stands for any text */
    Pattern paths() {
        String api = text(root.resolve("node/src/main/resources/META-INF/openapi.yaml"));
        return Pattern.compile(PATH.matcher(api)
                .results()
                .map(found -> found.group(1).replaceAll("\\{\\w+\\}", ".+"))
                .collect(Collectors.joining("|")));
    }

    private static Stream<Path> files(Path root) {
        try (Stream<Path> modules = Files.list(root)) {
            return modules
                    .map(module -> module.resolve("src"))
                    .filter(Files::isDirectory)
                    .filter(directory -> !directory.startsWith(root.resolve("checks")))
                    .flatMap(KnownNames::walk)
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<Path> walk(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.toList().stream();
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
