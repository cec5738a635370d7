package io.raftgres.checks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.checks.ProductSources.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Each package says what it is for, with which class a reader begins, and which packages it may use. */
class PackageInfoTest {

    private static final Map<String, List<Source>> PACKAGES = ProductSources.read().stream()
            .collect(Collectors.groupingBy(Source::packageName, TreeMap::new, Collectors.toList()));

    @Test
    void thePackagesOfTheProductAreFound() {
        assertTrue(PACKAGES.keySet().containsAll(Set.of("raft", "node.log", "client", "operator.plan", "bench")));
    }

    @Test
    void eachPackageHasADescription() {
        assertNone(PACKAGES.keySet().stream()
                .filter(name -> description(name).isEmpty())
                .map(name -> name + ": no package-info.java with Javadoc")
                .toList());
    }

    @Test
    void eachDescriptionNamesAClassToBeginWith() {
        assertNone(PACKAGES.keySet().stream()
                .filter(name -> description(name)
                        .filter(each -> each.firstClass().isEmpty())
                        .isPresent())
                .map(name -> name + ": no sentence 'Begin with {@link Xxx}'")
                .toList());
    }

    @Test
    void eachClassThatADescriptionLinksToIsInItsPackage() {
        List<String> wrong = new ArrayList<>();
        PACKAGES.forEach((name, sources) -> description(name).ifPresent(description -> {
            Set<String> missing = description.linkedClasses();
            sources.forEach(source -> missing.remove(source.name()));
            missing.forEach(link -> wrong.add(name + ": links to " + link + ", which is no class of the package"));
        }));
        assertNone(wrong);
    }

    @Test
    void eachDescriptionCoversTheImportsOfItsPackage() {
        List<String> wrong = new ArrayList<>();
        PACKAGES.forEach((name, sources) -> description(name).ifPresent(description -> {
            Optional<Set<String>> uses = description.uses();
            if (uses.isEmpty()) {
                wrong.add(name + ": no sentence 'May use: {@code ...}' or 'May use: nothing of the project'");
                return;
            }
            for (String imported : imports(name, sources)) {
                if (uses.get().stream().noneMatch(use -> PackageDescription.covers(use, imported))) {
                    wrong.add(name + ": imports " + imported + ", which 'May use:' does not name");
                }
            }
        }));
        assertNone(wrong);
    }

    @Test
    void eachPackageThatMayBeUsedExists() {
        Set<String> all = new TreeSet<>(PACKAGES.keySet());
        all.addAll(ProductSources.generatedPackages());
        List<String> wrong = new ArrayList<>();
        for (String name : PACKAGES.keySet()) {
            for (String use :
                    description(name).flatMap(PackageDescription::uses).orElse(Set.of())) {
                if (all.stream().noneMatch(each -> PackageDescription.covers(use, each))) {
                    wrong.add(name + ": 'May use:' names " + use + ", which is no package of the project");
                }
            }
        }
        assertNone(wrong);
    }

    @Test
    void aDescriptionIsReadAcrossItsLines() {
        PackageDescription read = PackageDescription.of("""
                        /**
                         * Keeps a thing.
                         *
                         * <p>Begin with
                         * {@link Thing}, then {@link Other}.
                         *
                         * <p>May use: {@code raft,
                         * node.etcd.*}.
                         */
                        package io.raftgres.thing;
                        """).orElseThrow();
        assertEquals(Optional.of("Thing"), read.firstClass());
        assertEquals(Set.of("Thing", "Other"), read.linkedClasses());
        assertEquals(Optional.of(Set.of("raft", "node.etcd.*")), read.uses());
    }

    @Test
    void aDescriptionWithoutTheSentencesOrWithoutJavadocIsNoticed() {
        PackageDescription read = PackageDescription.of("/** Keeps a thing. */\npackage io.raftgres.thing;\n")
                .orElseThrow();
        assertEquals(Optional.empty(), read.firstClass());
        assertEquals(Optional.empty(), read.uses());
        assertEquals(Optional.empty(), PackageDescription.of("package io.raftgres.thing;\n"));
    }

    @Test
    void emptyListIsWrittenInWords() {
        PackageDescription read = PackageDescription.of(
                        "/** Keeps a thing. May use: nothing of the project. */\npackage io.raftgres.thing;\n")
                .orElseThrow();
        assertEquals(Optional.of(Set.of()), read.uses());
    }

    @Test
    void importsOfClassesNestedClassesAndMembersCount() {
        assertEquals(Set.of("raft", "node.kv", "node.etcd.call"), ProductSources.importedPackages("""
                        import io.raftgres.raft.Input.Propose;
                        import java.util.List;
                        import static io.raftgres.node.kv.Limits.MAX_TXN_OPS;
                        import io.raftgres.node.etcd.call.*;
                        """));
    }

    @Test
    void aStarStandsForThePackagesBelow() {
        assertTrue(PackageDescription.covers("node.etcd.*", "node.etcd.kv"));
        assertTrue(!PackageDescription.covers("node.etcd.*", "node.etcd"));
        assertTrue(!PackageDescription.covers("node.etcd", "node.etcd.kv"));
    }

    private static Optional<PackageDescription> description(String packageName) {
        return PACKAGES.get(packageName).stream()
                .filter(Source::describesPackage)
                .findFirst()
                .flatMap(source -> PackageDescription.of(source.text()));
    }

    private static Set<String> imports(String packageName, List<Source> sources) {
        Set<String> imports = new TreeSet<>();
        sources.forEach(source -> imports.addAll(ProductSources.importedPackages(source.text())));
        imports.remove(packageName);
        return imports;
    }

    private static void assertNone(List<String> wrong) {
        assertTrue(wrong.isEmpty(), () -> "\n" + String.join("\n", wrong));
    }
}
