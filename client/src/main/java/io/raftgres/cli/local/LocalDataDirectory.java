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
 * The data directory of a local cluster.
 *
 * <pre>
 * cluster.properties    marks the directory as ours, and holds the layout
 * cluster.lock          held by a command while it starts or stops nodes
 * nodeN/                raftgres.data-dir of node N: its log, its PostgreSQL (postgres/data), and from here
 * nodeN/node.log        its output, the one before in node.log.1
 * nodeN/node.pid        its process
 * tls/                  CAs and certificates of a cluster with TLS
 * old/                  data of nodes that were removed or replaced, as nodeN-time
 * </pre>
 */
public final class LocalDataDirectory {

    static final String MARKER = "cluster.properties";
    private static final String MARKER_KEY = "raftgres.local-cluster";
    private static final String NEW_MARKER = MARKER + ".new";
    private static final String LOCK = "cluster.lock";
    static final String TLS = "tls";
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

    /** @return the layout in this directory; empty when it is not the data directory of a local cluster */
    public Optional<Layout> layout() {
        return properties().map(this::layout);
    }

    /**
     * @return the unique name of this cluster, made together with the directory; empty when it is not a data directory
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
                    // A directory from a release without etcd's API has no such port.
                    properties.containsKey("etcd-port") ? number(properties, "etcd-port") : Layout.ETCDS_OWN,
                    Boolean.parseBoolean(properties.getProperty("tls")));
        } catch (NumberFormatException e) {
            throw new LocalClusterException(root.resolve(MARKER) + " is corrupt (" + e.getMessage() + "). Remove the"
                    + " directory, or use another one: --data DIR.");
        }
    }

    /** A file from a release that could not add or remove nodes has only the number of nodes. */
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
        if (layout.tls()) {
            properties.setProperty("tls", "true");
        }
        properties.setProperty("etcd-port", Integer.toString(layout.etcdPort()));
        try {
            Files.createDirectories(root);
            Path fresh = root.resolve(NEW_MARKER);
            try (Writer writer = Files.newBufferedWriter(fresh)) {
                properties.store(writer, "A local Raftgres cluster. Written by 'raftgres up'; do not edit this file.");
            }
            // The file is replaced atomically: another command may read it at any time.
            Files.move(
                    fresh, root.resolve(MARKER), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new LocalClusterException("Cannot write to " + root + ": " + e.getMessage(), e);
        }
    }

    /** Refuses a directory that contains other files, so that no foreign files are changed or deleted. */
    void requireOursOrEmpty() {
        if (!Files.exists(root) || layout().isPresent()) {
            return;
        }
        try (var entries = Files.list(root)) {
            boolean foreign = entries.map(entry -> entry.getFileName().toString())
                    .anyMatch(name -> !name.equals(LOCK) && !name.equals(NEW_MARKER) && !name.equals(TLS));
            if (foreign) {
                throw new LocalClusterException(root + " is not empty and not a Raftgres data directory (it has no"
                        + " " + MARKER + "). Choose another one: --data DIR.");
            }
        } catch (IOException e) {
            throw new LocalClusterException("Cannot read " + root + ": " + e.getMessage(), e);
        }
    }

    /** Deletes only the cluster's own files. All nodes must be down. */
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
            deleteTree(root.resolve(TLS));
            Files.deleteIfExists(root.resolve(MARKER));
        } catch (IOException e) {
            throw new LocalClusterException("Cannot remove the old data in " + root + ": " + e.getMessage(), e);
        }
    }

    /**
     * Moves a node's data to the directory {@code old}. The node must be down.
     *
     * @return the new place of the data; empty when there is none
     */
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

    /** Deletes a node's data. The node must be down. */
    void remove(int node) {
        try {
            deleteTree(node(node));
        } catch (IOException e) {
            throw new LocalClusterException(
                    "Cannot remove the data of " + Layout.name(node) + ": " + e.getMessage(), e);
        }
    }

    /** Deletes a directory with its contents, if it exists. */
    public static void deleteTree(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        // Links are not followed: only files inside the directory are deleted.
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
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

    /**
     * Locks the directory, so that one command at a time starts or stops nodes. The operating system frees the lock
     * when its holder dies.
     */
    Lock lock() {
        try {
            Files.createDirectories(root);
            FileChannel channel =
                    FileChannel.open(root.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = null;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException held) {
                // Another thread of this process holds the lock: the same refusal.
            }
            if (lock == null) {
                channel.close();
                throw new LocalClusterException("Another raftgres command is starting or stopping nodes in " + root
                        + ". Wait until it has" + " ended.");
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
