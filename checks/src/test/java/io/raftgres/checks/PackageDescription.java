package io.raftgres.checks;

import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads the Javadoc of a {@code package-info.java}.
 *
 * <p>Two sentences have a fixed form. {@code Begin with {@link RaftCore}} names the first class to read. The other one
 * lists the packages of the project that the package may use:
 * <ul>
 *   <li><code>May use: {@code raft, node.kv}.</code> names packages without their common prefix {@code io.raftgres.};
 *   <li><code>{@code node.etcd.*}</code> stands for all packages below {@code node.etcd}, and not for that one itself;
 *   <li>{@code May use: nothing of the project.} is the empty list.
 * </ul>
 */
record PackageDescription(String javadoc) {

    private static final Pattern JAVADOC = Pattern.compile("^/\\*\\*(.*?)\\*/\\s*package ", Pattern.DOTALL);
    private static final Pattern BEGIN = Pattern.compile("Begin with \\{@link ([A-Z]\\w*)");
    private static final Pattern LINK = Pattern.compile("\\{@link ([A-Z]\\w*)");
    private static final Pattern USES = Pattern.compile("May use: (?:\\{@code ([^}]+)}|nothing of the project)");

    /** @return empty when the file has no Javadoc in front of its package statement */
    static Optional<PackageDescription> of(String text) {
        Matcher found = JAVADOC.matcher(text);
        return found.find()
                ? Optional.of(new PackageDescription(found.group(1)
                        .replaceAll("\\n \\*", " ")
                        .replaceAll("\\s+", " ")
                        .strip()))
                : Optional.empty();
    }

    Optional<String> firstClass() {
        Matcher found = BEGIN.matcher(javadoc);
        return found.find() ? Optional.of(found.group(1)) : Optional.empty();
    }

    /** @return the classes of the package that the text links to */
    Set<String> linkedClasses() {
        return LINK.matcher(javadoc)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** @return names as they are written; nothing when the sentence is missing */
    Optional<Set<String>> uses() {
        Matcher found = USES.matcher(javadoc);
        if (!found.find()) {
            return Optional.empty();
        }
        return Optional.of(
                found.group(1) == null
                        ? Set.of()
                        : new TreeSet<>(Set.of(found.group(1).split(", "))));
    }

    /** @param name as written after {@code May use:} */
    static boolean covers(String name, String packageName) {
        return name.endsWith(".*")
                ? packageName.startsWith(name.substring(0, name.length() - 1))
                : packageName.equals(name);
    }
}
