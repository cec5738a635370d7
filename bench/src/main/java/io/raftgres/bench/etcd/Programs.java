package io.raftgres.bench.etcd;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** etcd's programs. */
public record Programs(Path etcd, Path benchmark) {

    /**
     * @param directory where both are; null for the directories of PATH, then {@code $KUBE_HOME/bin}, by default
     *     {@code ~/.cache/kube/bin}
     * @throws IllegalArgumentException one of them is in none of these; the message says how to get it
     */
    public static Programs find(Path directory, Map<String, String> environment) {
        List<Path> directories = directory != null ? List.of(directory) : directories(environment);
        return new Programs(find("etcd", directories), find("benchmark", directories));
    }

    private static List<Path> directories(Map<String, String> environment) {
        List<Path> directories = new ArrayList<>();
        for (String each : environment.getOrDefault("PATH", "").split(":")) {
            if (!each.isEmpty()) {
                directories.add(Path.of(each));
            }
        }
        Path home = Path.of(environment.getOrDefault("HOME", ""));
        directories.add(Optional.ofNullable(environment.get("KUBE_HOME"))
                .map(Path::of)
                .orElse(home.resolve(".cache/kube"))
                .resolve("bin"));
        return directories;
    }

    private static Path find(String program, List<Path> directories) {
        return directories.stream()
                .map(directory -> directory.resolve(program).toAbsolutePath())
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no program '" + program + "' in "
                        + directories.stream().map(Path::toString).collect(Collectors.joining(", "))
                        + ". Name the directory that has both etcd and etcd's benchmark with --etcd-bin. Both are built"
                        + " from etcd's source tree: 'make build' makes bin/etcd, and 'go build -o bin/benchmark"
                        + " ./tools/benchmark' the other."));
    }
}
