package io.raftgres.cli.local;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The folder of a local cluster.
 *
 * <pre>
 * cluster.properties    marks the folder as ours, and holds the layout
 * cluster.lock          held by a command while it starts or stops nodes
 * nodeN/                raftgres.data-dir of node N: its log, its PostgreSQL (postgres/data), and from here
 * nodeN/node.log        its output, the one before in node.log.1
 * nodeN/node.pid        its process
 * old/                  data of nodes that were removed or replaced, as nodeN-time
 * </pre>
 */
public final class LocalDataDirectory {

    static final String MARKER = "cluster.properties";
    private static final String MARKER_KEY = "raftgres.local-cluster";
    private static final String NEW_MARKER = MARKER + ".new";
    private static final String LOCK = "cluster.lock";
    private static final String OLD = "old";
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss", Locale.ROOT);

    private final Path root;

    public LocalDataDirectory(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    public Path root() {
        return root;
    }

    public Path node(int node) {
        return root.resolve(Layout.name(node));
    }

    Path log(int node) {
        return node(node).resolve("node.log");
    }

    Path pidFile(int node) {
        return node(node).resolve("node.pid");
    }

    Path postmasterPid(int node) {
        return node(node).resolve("postgres").resolve("data").resolve("postmaster.pid");
    }

    /** @return the layout written here, or empty when this is no folder of a local cluster */
    public Optional<Layout> layout() {
        return properties().map(this::layout);
    }

    /**
     * @return the name that tells this cluster from any other, made when the folder was; empty when it is none of ours
     */
    public Optional<String> clusterName() {
        return properties().map(properties -> properties.getProperty(MARKER_KEY));
    }

    private Optional<Properties> properties() {
        Path marker = root.resolve(MARKER);
        if (!Files.isRegularFile(marker)) {
            return Optional.empty();
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(marker)) {
            properties.load(reader);
        } catch (IOException e) {
            throw new LocalClusterException("Cannot read " + marker + ": " + e.getMessage(), e);
        }
        return properties.getProperty(MARKER_KEY) == null ? Optional.empty() : Optional.of(properties);
    }

    private Layout layout(Properties properties) {
        try {
            return new Layout(
                    number(properties, "nodes"),
                    nodes(properties),
                    number(properties, "http-port"),
                    number(properties, "peer-port"),
                    number(properties, "postgres-port"),
                    // A folder from before nodes had etcd's API has none.
                    properties.containsKey("etcd-port") ? number(properties, "etcd-port") : Layout.ETCDS_OWN);
        } catch (NumberFormatException e) {
            throw new LocalClusterException(root.resolve(MARKER) + " is damaged (" + e.getMessage() + ")."
                    + " Remove the folder, or start with another one: --data DIR.");
        }
    }

    /** A file from before nodes could come and go has only their number. */
    private static List<Layout.Node> nodes(Properties properties) {
        List<Layout.Node> nodes = new ArrayList<>();
        if (Arrays.stream(Layout.Origin.values()).map(LocalDataDirectory::key).noneMatch(properties::containsKey)) {
            for (int n = 1; n <= number(properties, "nodes"); n++) {
                nodes.add(new Layout.Node(n, Layout.Origin.FIRST));
            }
        }
        for (Layout.Origin origin : Layout.Origin.values()) {
            for (String text : properties.getProperty(key(origin), "").split(",")) {
                if (!text.isBlank()) {
                    nodes.add(new Layout.Node(Integer.parseInt(text.trim()), origin));
                }
            }
        }
        return nodes;
    }

    private static String key(Layout.Origin origin) {
        return switch (origin) {
            case FIRST -> "first";
            case JOINED -> "joined";
            case JOINED_AS_LEARNER -> "joined-as-learners";
        };
    }

    private static int number(Properties properties, String key) {
        String text = properties.getProperty(key);
        if (text == null) {
            throw new NumberFormatException(key + " is missing");
        }
        return Integer.parseInt(text.trim());
    }

    void write(Layout layout) {
        Properties properties = new Properties();
        properties.setProperty(MARKER_KEY, clusterName().orElseGet(() -> "local-" + UUID.randomUUID()));
        properties.setProperty("nodes", Integer.toString(layout.firstNodes()));
        for (Layout.Origin origin : Layout.Origin.values()) {
            String numbers =
                    layout.numbers(origin).stream().map(String::valueOf).collect(Collectors.joining(","));
            if (!numbers.isEmpty()) {
                properties.setProperty(key(origin), numbers);
            }
        }
        properties.setProperty("http-port", Integer.toString(layout.httpPort()));
        properties.setProperty("peer-port", Integer.toString(layout.peerPort()));
        properties.setProperty("postgres-port", Integer.toString(layout.postgresPort()));
        properties.setProperty("etcd-port", Integer.toString(layout.etcdPort()));
        try {
            Files.createDirectories(root);
            Path fresh = root.resolve(NEW_MARKER);
            try (Writer writer = Files.newBufferedWriter(fresh)) {
                properties.store(writer, "A local Raftgres cluster. Made by 'raftgres up'; not to be edited.");
            }
            // At once: another command may read it at any time.
            Files.move(
                    fresh, root.resolve(MARKER), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new LocalClusterException("Cannot write to " + root + ": " + e.getMessage(), e);
        }
    }

    /** Refuses a folder with something else in it, so that nothing of anyone else's is mixed up or removed. */
    void requireOursOrEmpty() {
        if (!Files.exists(root) || layout().isPresent()) {
            return;
        }
        try (var entries = Files.list(root)) {
            boolean foreign = entries.map(entry -> entry.getFileName().toString())
                    .anyMatch(name -> !name.equals(LOCK) && !name.equals(NEW_MARKER));
            if (foreign) {
                throw new LocalClusterException(root + " is not empty and not a Raftgres data folder (it has no "
                        + MARKER + "). Choose another one: --data DIR.");
            }
        } catch (IOException e) {
            throw new LocalClusterException("Cannot read " + root + ": " + e.getMessage(), e);
        }
    }

    /** Removes the cluster's own files, and nothing else. All nodes must be down. */
    void clear() {
        Optional<Layout> layout = layout();
        if (layout.isEmpty()) {
            requireOursOrEmpty();
            return;
        }
        try {
            for (int node : layout.get().numbers()) {
                deleteTree(node(node));
            }
            deleteTree(root.resolve(OLD));
            Files.deleteIfExists(root.resolve(MARKER));
        } catch (IOException e) {
            throw new LocalClusterException("Cannot remove the old data in " + root + ": " + e.getMessage(), e);
        }
    }

    /** Moves a node's data out of the way. The node must be down. @return where it is now; empty when there is none */
    Optional<Path> setAside(int node) {
        if (!Files.exists(node(node))) {
            return Optional.empty();
        }
        try {
            Path old = Files.createDirectories(root.resolve(OLD));
            String name = Layout.name(node) + "-" + LocalDateTime.now().format(TIME);
            Path place = old.resolve(name);
            for (int i = 2; Files.exists(place); i++) {
                place = old.resolve(name + "-" + i);
            }
            return Optional.of(Files.move(node(node), place));
        } catch (IOException e) {
            throw new LocalClusterException("Cannot move the data of " + Layout.name(node) + ": " + e.getMessage(), e);
        }
    }

    /** Removes a node's data. The node must be down. */
    void remove(int node) {
        try {
            deleteTree(node(node));
        } catch (IOException e) {
            throw new LocalClusterException(
                    "Cannot remove the data of " + Layout.name(node) + ": " + e.getMessage(), e);
        }
    }

    /** Removes a folder and all in it; nothing when it is not there. */
    public static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        // Links are not followed: only what is inside goes.
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** One command at a time starts or stops nodes. The system frees the lock when its holder dies. */
    Lock lock() {
        try {
            Files.createDirectories(root);
            FileChannel channel =
                    FileChannel.open(root.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = null;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException held) {
                // Another thread of this process has it: the same refusal.
            }
            if (lock == null) {
                channel.close();
                throw new LocalClusterException(
                        "Another raftgres command is starting or stopping nodes in " + root + ". Wait for it to end.");
            }
            return new Lock(channel);
        } catch (IOException e) {
            throw new LocalClusterException("Cannot use " + root + ": " + e.getMessage(), e);
        }
    }

    record Lock(FileChannel channel) implements AutoCloseable {
        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new LocalClusterException("Cannot free the lock: " + e.getMessage(), e);
            }
        }
    }
}
