package io.raftgres.cli.local;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The command line that starts a node.
 *
 * @param java the {@code java} program
 * @param program what follows the JVM's options: {@code -jar} and the node's jar
 * @param heap size of the Java heap, as for {@code -Xmx}
 * @param extraOptions further JVM options, after the built-in ones, so that they win
 */
public record NodeCommand(Path java, List<String> program, String heap, List<String> extraOptions) {

    public static final String DEFAULT_HEAP = "512m";

    private static final Pattern SIZE = Pattern.compile("(\\d{1,9})([kKmMgGtT])");

    /** Environment variable with further JVM options for nodes, separated by spaces. */
    public static final String OPTIONS_VARIABLE = "RAFTGRES_NODE_JAVA_OPTS";

    /**
     * A node that is out of memory stops, as after any fault that it cannot recover from. Java keeps the largest buffer
     * that a thread ever wrote with, for each thread; those of large frames are given back.
     */
    private static final List<String> JVM_OPTIONS = List.of(
            "-Djdk.nio.maxCachedBufferSize=262144",
            "-XX:+UseParallelGC",
            "-XX:+ExitOnOutOfMemoryError",
            "-Dfile.encoding=UTF-8",
            "--enable-native-access=ALL-UNNAMED");

    /** @param home the folder of the source tree, where {@code ./raftgres} is */
    public static NodeCommand built(Path home, String heap) {
        Path jar = home.resolve("node/target/quarkus-app/quarkus-run.jar");
        if (!Files.isRegularFile(jar)) {
            throw new LocalClusterException(
                    "The node is not built: there is no " + jar + ". Use ./raftgres, which builds what is missing.");
        }
        List<String> options = new ArrayList<>();
        Path cache = aotCache(home);
        if (Files.isRegularFile(cache)) {
            // What does not fit this JVM is ignored; a node then starts as without it.
            options.add("-XX:AOTCache=" + cache);
        }
        options.addAll(environmentOptions());
        return new NodeCommand(thisJava(), List.of("-jar", jar.toString()), heap, options);
    }

    /** @return where the JVM keeps what a node's start loads: it halves the start */
    public static Path aotCache(Path home) {
        return home.resolve("node/target/raftgres-node.aot");
    }

    /**
     * @param seconds for which it serves clients of its own, so that the cache has what is hot in a node that serves
     * @return the same command, recording such a cache when the node ends
     */
    public NodeCommand recording(Path cache, int seconds) {
        List<String> options = new ArrayList<>(extraOptions);
        options.add("-XX:AOTCacheOutput=" + cache);
        options.add("-Dio.raftgres.rehearsal.seconds=" + seconds);
        return new NodeCommand(java, program, heap, options);
    }

    /** @return the same command, for a process that makes a cluster of the node alone, reports and ends */
    NodeCommand forcingNewCluster() {
        return recovering("force-new-cluster");
    }

    /** @return the same command, for a process that makes a cluster out of a snapshot, reports and ends */
    NodeCommand restoring(Path file) {
        return recovering("restore:" + file);
    }

    private NodeCommand recovering(String how) {
        List<String> options = new ArrayList<>(extraOptions);
        options.add("-Draftgres.recover=" + how);
        return new NodeCommand(java, program, heap, options);
    }

    static Path thisJava() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    private static List<String> environmentOptions() {
        String text = System.getenv(OPTIONS_VARIABLE);
        return text == null || text.isBlank() ? List.of() : List.of(text.trim().split("\\s+"));
    }

    List<String> line(int node, Layout layout, LocalDataDirectory data) {
        List<String> line = new ArrayList<>(ownSession());
        line.add(java.toString());
        line.add("-Xmx" + heap);
        direct(heap).ifPresent(bytes -> line.add("-XX:MaxDirectMemorySize=" + bytes));
        line.addAll(JVM_OPTIONS);
        line.add("-Draftgres.name=" + Layout.name(node));
        line.add("-Draftgres.cluster-name=" + data.clusterName().orElseThrow());
        line.add(dataDirOption(data.node(node)));
        line.addAll(membership(node, layout));
        line.add("-Draftgres.postgres.port=" + layout.postgresPort(node));
        line.add("-Draftgres.etcd-port=" + layout.etcdPort(node));
        line.add("-Dquarkus.http.host=" + Layout.HOST);
        line.add("-Dquarkus.http.port=" + layout.httpPort(node));
        line.addAll(extraOptions);
        line.addAll(program);
        return line;
    }

    /**
     * Buffers outside the heap: as much as half of it, where Java by itself allows as much again. The rest of a process
     * takes some 250 MiB.
     *
     * @return empty when Java is to say what is wrong with the heap's size
     */
    private static OptionalLong direct(String heap) {
        Matcher size = SIZE.matcher(heap);
        if (!size.matches()) {
            return OptionalLong.empty();
        }
        int shift = 10 * ("kmgt".indexOf(size.group(2).toLowerCase(Locale.ROOT)) + 1);
        return OptionalLong.of(Long.parseLong(size.group(1)) << shift - 1);
    }

    /** The option by which a node's process can be told from all others. */
    static String dataDirOption(Path folder) {
        return "-Draftgres.data-dir=" + folder;
    }

    /** What a node without data begins with. With data, the log says who is a member. */
    private static List<String> membership(int node, Layout layout) {
        Layout.Origin origin = layout.node(node).origin();
        if (origin == Layout.Origin.FIRST) {
            return List.of("-Draftgres.peers=" + layout.firstPeers());
        }
        List<String> options = new ArrayList<>();
        options.add("-Draftgres.peers=" + layout.peer(node));
        List<Integer> others = layout.others(node);
        // Alone it would ask itself, in vain: better than to begin another cluster under the name of this one.
        options.add("-Draftgres.join="
                + (others.isEmpty() ? List.of(node) : others)
                        .stream().map(layout::url).collect(Collectors.joining(",")));
        if (origin == Layout.Origin.JOINED_AS_LEARNER) {
            options.add("-Draftgres.join-as=learner");
        }
        return options;
    }

    /**
     * A prefix that puts the process into a session of its own, keeping its number: the terminal's Ctrl-C must reach
     * the launcher alone, which then stops the nodes in order.
     */
    private static List<String> ownSession() {
        for (String folder : List.of("/usr/bin", "/bin")) {
            Path setsid = Path.of(folder, "setsid");
            if (Files.isExecutable(setsid)) {
                return List.of(setsid.toString());
            }
        }
        Path perl = Path.of("/usr/bin/perl");
        if (Files.isExecutable(perl)) {
            return List.of(perl.toString(), "-MPOSIX", "-e", "POSIX::setsid(); exec { $ARGV[0] } @ARGV or die $!;");
        }
        return List.of();
    }
}
