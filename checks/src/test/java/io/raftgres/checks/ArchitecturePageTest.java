package io.raftgres.checks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Holds the names on the pages for developers to the sources. Each {@code Class.method}, {@code Class.field} and
 * {@code Outer.Inner.method} in backticks is declared in the product. Each class in backticks exists in the product or
 * in the tests. When a rename breaks this test, give the page the new name, and read whether its sentence is still
 * true.
 */
class ArchitecturePageTest {

    private static final List<String> PAGES = List.of("ARCHITECTURE.md", "docs/development.md");

    private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");

    /** A class, maybe after a part of its package, maybe with classes or a member after it. */
    private static final Pattern NAME =
            Pattern.compile("(?:[a-z0-9]+\\.)*([A-Z]\\w*[a-z]\\w*(?:\\.\\w+)*)(?:\\([^)]*\\))?");

    /** Members of each type of the product, by the type's path of names: {@code RaftThread.OutputHandler}. */
    private static final Map<String, Set<String>> TYPES = new HashMap<>();

    private static final Set<String> TEST_CLASSES = new HashSet<>();

    @BeforeAll
    static void readSources() throws IOException {
        Path root = ProductSources.root();
        List<Path> product = javaFiles(root, "src/main/java");
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            JavacTask task = (JavacTask) compiler.getTask(
                    null, files, null, List.of("-proc:none"), null, files.getJavaFileObjectsFromPaths(product));
            for (CompilationUnitTree unit : task.parse()) {
                unit.getTypeDecls().forEach(type -> addType("", type));
            }
        }
        for (Path file : javaFiles(root, "src/test/java")) {
            TEST_CLASSES.add(file.getFileName().toString().replace(".java", ""));
        }
    }

    private static List<Path> javaFiles(Path root, String directory) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> modules = Files.list(root)) {
            for (Path sources : modules.map(module -> module.resolve(directory)).toList()) {
                if (Files.isDirectory(sources)) {
                    try (Stream<Path> files = Files.walk(sources)) {
                        files.filter(file -> file.toString().endsWith(".java")).forEach(found::add);
                    }
                }
            }
        }
        return found;
    }

    private static void addType(String outer, Tree tree) {
        if (!(tree instanceof ClassTree type)) {
            return;
        }
        String path = outer + type.getSimpleName();
        Set<String> members = TYPES.computeIfAbsent(path, name -> new HashSet<>());
        for (Tree member : type.getMembers()) {
            switch (member) {
                case MethodTree method -> members.add(method.getName().toString());
                case VariableTree field -> members.add(field.getName().toString());
                case ClassTree _ -> addType(path + ".", member);
                default -> {}
            }
        }
    }

    @Test
    void everyNameOnThePagesIsDeclaredInTheSources() throws IOException {
        List<String> unknown = new ArrayList<>();
        for (String page : PAGES) {
            List<String> lines = Files.readAllLines(ProductSources.root().resolve(page));
            for (int i = 0; i < lines.size(); i++) {
                for (String name : unknownNames(lines.get(i))) {
                    unknown.add(page + ":" + (i + 1) + " names `" + name + "`, which the sources do not declare");
                }
            }
        }
        assertTrue(unknown.isEmpty(), () -> String.join("\n", unknown));
    }

    @Test
    void aNameThatNothingDeclaresIsFound() {
        assertEquals(List.of("Election.onVoteRequests"), unknownNames("`Election.onVoteRequests` grants"));
        assertEquals(List.of("Elections"), unknownNames("`Elections` and `raft.Election` and `a file.txt`"));
        assertEquals(List.of("PeerInbox.durable"), unknownNames("`PeerInbox.durable`"));
        assertEquals(
                List.of(),
                unknownNames("`Consensus.Durable.durable`, `Progress.match`, `Progress.Phase`, `MachineState.index`,"
                        + " `ProductSources`, `./raftgres up`, `raftgres.max-key-bytes`, `Idempotency-Key`"));
    }

    private static List<String> unknownNames(String line) {
        List<String> unknown = new ArrayList<>();
        Matcher code = CODE.matcher(line);
        while (code.find()) {
            Matcher name = NAME.matcher(code.group(1));
            if (name.matches() && !isDeclared(name.group(1))) {
                unknown.add(name.group(1));
            }
        }
        return unknown;
    }

    private static boolean isDeclared(String name) {
        int dot = name.lastIndexOf('.');
        return types(name).findAny().isPresent()
                || TEST_CLASSES.contains(name)
                || dot > 0
                        && types(name.substring(0, dot)).anyMatch(members -> members.contains(name.substring(dot + 1)));
    }

    /** @return the members of each type whose path of names ends with this one */
    private static Stream<Set<String>> types(String path) {
        return TYPES.entrySet().stream()
                .filter(type -> type.getKey().equals(path) || type.getKey().endsWith("." + path))
                .map(Map.Entry::getValue);
    }
}
