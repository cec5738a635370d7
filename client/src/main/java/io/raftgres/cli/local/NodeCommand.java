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
 * @param program the arguments after the JVM's options: {@code -jar} and the node's jar
 * @param heap size of the Java heap, as for {@code -Xmx}
 * @param extraOptions further JVM options; they follow the built-in ones and so override them
 */
public record NodeCommand(Path java, List<String> program, String heap, List<String> extraOptions) {

    public static final String DEFAULT_HEAP = "512m";

    private static final Pattern SIZE = Pattern.compile("(\\d{1,9})([kKmMgGtT])");

    /** Environment variable with further JVM options for nodes, separated by spaces. */
    public static final String OPTIONS_VARIABLE = "RAFTGRES_NODE_JAVA_OPTS";

    /**
     * A node that runs out of memory exits, as after any fault from which it cannot recover. Java caches the largest
     * direct buffer that each thread has used; the limit here makes it free the buffers of large frames.
     */
    private static final List<String> JVM_OPTIONS = List.of(
            "-Djdk.nio.maxCachedBufferSize=262144",
            "-XX:+UseParallelGC",
            "-XX:+ExitOnOutOfMemoryError",
            "-Dfile.encoding=UTF-8",
            "--enable-native-access=ALL-UNNAMED");

    /** @param home the directory of the source tree, which contains {@code ./raftgres} */
    public static NodeCommand built(Path home, String heap) {
        Path jar = home.resolve("node/target/quarkus-app/quarkus-run.jar");
        if (!Files.isRegularFile(jar)) {
            throw new LocalClusterException(
                    "The node is not built: there is no " + jar + ". Use ./raftgres, which builds missing parts.");
        }
        List<String> options = new ArrayList<>();
        Path cache = aotCache(home);
        if (Files.isRegularFile(cache)) {
            // The JVM ignores a cache that does not fit it; the node then starts without a cache.
            options.add("-XX:AOTCache=" + cache);
        }
        options.addAll(environmentOptions());
        return new NodeCommand(thisJava(), List.of("-jar", jar.toString()), heap, options);
    }

    /** @return the AOT cache with the classes that a node's start loads; it halves the time of a start */
    public static Path aotCache(Path home) {
        return home.resolve("node/target/raftgres-node.aot");
    }

    /**
     * @param seconds time in which the node serves its own clients, so that the cache gets the hot code of a serving
     *     node
     * @return the same command, which also records such a cache when the node ends
     */
    public NodeCommand recording(Path cache, int seconds) {
        List<String> options = new ArrayList<>(extraOptions);
        options.add("-XX:AOTCacheOutput=" + cache);
        options.add("-Dio.raftgres.rehearsal.seconds=" + seconds);
        return new NodeCommand(java, program, heap, options);
    }

    /**
     * @return the same command, for a process that makes a new cluster of this node alone, reports the result and ends
     */
    NodeCommand forcingNewCluster() {
        return recovering("force-new-cluster");
    }

    /** @return the same command, for a process that makes a cluster from a snapshot, reports the result and ends */
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
        if (layout.tls()) {
            LocalTls tls = LocalTls.in(data);
            tls.prepare(node);
            line.addAll(tls.nodeOptions(node, layout.httpPort(node)));
        }
        line.addAll(extraOptions);
        line.addAll(program);
        return line;
    }

    /**
     * Limits the buffers outside the heap to half of the heap's size; by default Java allows the whole size. The rest
     * of a process takes some 250 MiB.
     *
     * @return empty when the heap's size is invalid, so that Java reports the error
     */
    private static OptionalLong direct(String heap) {
        Matcher size = SIZE.matcher(heap);
        if (!size.matches()) {
            return OptionalLong.empty();
        }
        int shift = 10 * ("kmgt".indexOf(size.group(2).toLowerCase(Locale.ROOT)) + 1);
        return OptionalLong.of(Long.parseLong(size.group(1)) << shift - 1);
    }

    /** The option that identifies a node's process among all others. */
    static String dataDirOption(Path directory) {
        return "-Draftgres.data-dir=" + directory;
    }

    /** The options with which a node without data begins. A node with data has the members in its log. */
    private static List<String> membership(int node, Layout layout) {
        Layout.Origin origin = layout.node(node).origin();
        if (origin == Layout.Origin.FIRST) {
            return List.of("-Draftgres.peers=" + layout.firstPeers());
        }
        List<String> options = new ArrayList<>();
        options.add("-Draftgres.peers=" + layout.peer(node));
        List<Integer> others = layout.others(node);
        // A single node would ask itself in vain. That is better than a second cluster with this cluster's name.
        options.add("-Draftgres.join="
                + (others.isEmpty() ? List.of(node) : others)
                        .stream().map(layout::url).collect(Collectors.joining(",")));
        if (origin == Layout.Origin.JOINED_AS_LEARNER) {
            options.add("-Draftgres.join-as=learner");
        }
        return options;
    }

    /**
     * A prefix that gives the process its own session and keeps its process id. The terminal's Ctrl-C must reach only
     * the launcher, which then stops the nodes in order.
     */
    private static List<String> ownSession() {
        for (String directory : List.of("/usr/bin", "/bin")) {
            Path setsid = Path.of(directory, "setsid");
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
