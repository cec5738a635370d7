package io.raftgres.bench.etcd;

import com.fasterxml.jackson.databind.JsonNode;
import io.raftgres.bench.Json;
import io.raftgres.bench.suite.ClusterApi;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** An etcd of three members on this machine with etcd's default settings; it syncs to disk as usual. */
final class EtcdCluster implements Target {

    static final int MEMBERS = 3;
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final String HOST = "127.0.0.1";

    private final List<Integer> clientPorts;
    private final List<Child> members = new ArrayList<>();
    private final String version;

    /**
     * Returns when all members are healthy.
     *
     * @param directory for data and logs; it is on the disk that is measured
     * @throws IllegalStateException a member does not start, or not in time
     */
    EtcdCluster(Path program, Path directory, Web web) {
        List<Integer> ports = freePorts(2 * MEMBERS);
        clientPorts = ports.subList(0, MEMBERS);
        List<Integer> peerPorts = ports.subList(MEMBERS, 2 * MEMBERS);
        String initial = IntStream.range(0, MEMBERS)
                .mapToObj(i -> name(i) + "=" + url(peerPorts.get(i)))
                .collect(Collectors.joining(","));
        boolean healthy = false;
        try {
            for (int i = 0; i < MEMBERS; i++) {
                Path log = directory.resolve(name(i) + ".log");
                members.add(Child.start(
                        List.of(
                                program.toString(),
                                "--name",
                                name(i),
                                "--data-dir",
                                directory.resolve(name(i)).toString(),
                                "--listen-client-urls",
                                url(clientPorts.get(i)),
                                "--advertise-client-urls",
                                url(clientPorts.get(i)),
                                "--listen-peer-urls",
                                url(peerPorts.get(i)),
                                "--initial-advertise-peer-urls",
                                url(peerPorts.get(i)),
                                "--initial-cluster",
                                initial,
                                "--log-level",
                                "error"),
                        log,
                        directory.resolve(name(i) + ".err")));
            }
            for (int i = 0; i < MEMBERS; i++) {
                awaitHealthy(i, web, directory);
            }
            version = web.json(url(clientPorts.getFirst()) + "/version")
                    .map(response -> response.path("etcdserver").asText())
                    .orElse("not known");
            healthy = true;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + program, e);
        } finally {
            if (!healthy) {
                close();
            }
        }
    }

    private void awaitHealthy(int i, Web web, Path directory) throws IOException {
        boolean came = ClusterApi.await(
                START_TIMEOUT,
                () -> !members.get(i).isAlive()
                        || web.json(url(clientPorts.get(i)) + "/health")
                                .map(EtcdCluster::isHealthy)
                                .orElse(false));
        if (!came || !members.get(i).isAlive()) {
            throw new IllegalStateException("member " + name(i) + " of etcd "
                    + (came ? "has ended" : "is not healthy after " + START_TIMEOUT.toSeconds() + " s") + ": "
                    + new String(Files.readAllBytes(directory.resolve(name(i) + ".err")), StandardCharsets.UTF_8)
                            .strip());
        }
    }

    private static boolean isHealthy(JsonNode response) {
        return response.path("health").asText().equals("true");
    }

    private static String name(int i) {
        return "etcd" + (i + 1);
    }

    private static String url(int port) {
        return "http://" + HOST + ":" + port;
    }

    /** Holds all ports at once, so that they differ. */
    private static List<Integer> freePorts(int count) {
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return sockets.stream().map(ServerSocket::getLocalPort).toList();
        } catch (IOException e) {
            throw new UncheckedIOException("no free ports", e);
        } finally {
            for (ServerSocket socket : sockets) {
                try {
                    socket.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    @Override
    public String endpoints() {
        return clientPorts.stream().map(port -> HOST + ":" + port).collect(Collectors.joining(","));
    }

    @Override
    public Map<String, String> conditions() {
        return Map.of("etcd", version + ", " + MEMBERS + " members, its own settings");
    }

    @Override
    public Stream<ProcessHandle> processes() {
        return Stream.empty();
    }

    /** Uses etcd's JSON gateway. */
    @Override
    public HttpRequest put(String key, String value) {
        return Target.request(
                "POST",
                url(clientPorts.getFirst()) + "/v3/kv/put",
                Json.MAPPER
                        .createObjectNode()
                        .put("key", base64(key))
                        .put("value", base64(value))
                        .toString());
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        members.reversed().forEach(Child::close);
    }
}
