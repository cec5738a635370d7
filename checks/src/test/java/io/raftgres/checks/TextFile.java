package io.raftgres.checks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A text file that is neither Java nor a page: a script, a chart, a build file, a resource, a proto.
 *
 * @param file relative to the repository's root
 */
record TextFile(Path file, String text) {

    private static final Set<String> DIRECTORIES = Set.of(".ci", ".github", "bin", "crds", "helm", "images", "k8s");
    private static final Set<String> FILES = Set.of("raftgres", "pom.xml");

    /** Build results; SQL of migrations, which must not change; data and manifests of an older build. */
    private static final Set<String> SKIPPED = Set.of("target", "migration", "release-1530f78");

    private static final Set<String> ENDINGS = Set.of(
            "css",
            "go",
            "json",
            "md",
            "options",
            "properties",
            "proto",
            "py",
            "sh",
            "tpl",
            "txt",
            "xml",
            "yaml",
            "yml");

    static List<TextFile> all() {
        Path root = ProductSources.root();
        List<TextFile> all = new ArrayList<>();
        try (Stream<Path> tops = Files.list(root)) {
            for (Path top : tops.sorted().toList()) {
                String name = top.getFileName().toString();
                if (FILES.contains(name)) {
                    add(root, top, all);
                } else if (DIRECTORIES.contains(name) || Files.isRegularFile(top.resolve("pom.xml"))) {
                    walk(root, top, all);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }

    private static void walk(Path root, Path directory, List<TextFile> all) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : entries.sorted().toList()) {
                if (!Files.isDirectory(entry)) {
                    add(root, entry, all);
                } else if (!SKIPPED.contains(entry.getFileName().toString())) {
                    walk(root, entry, all);
                }
            }
        }
    }

    /** A file without an ending is a script or a Dockerfile. */
    private static void add(Path root, Path file, List<TextFile> all) throws IOException {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        if (dot < 0 || ENDINGS.contains(name.substring(dot + 1))) {
            all.add(new TextFile(root.relativize(file), Files.readString(file)));
        }
    }
}
