package io.raftgres.cli.local;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * A process that looks like a node from outside. It is ready at once, is a member of a {@link FakeCluster}, and records
 * its actions in a file next to its directory. With the option to recover, it records that and ends. {@code
 * -Dfake=fail} makes it stop at its start, {@code -Dfake=deaf} makes it ignore SIGTERM, {@code -Dfake=behind} lets it
 * never catch up. While its directory has a file {@code unwell}, it does not serve. It refuses the first request to add
 * a member.
 */
final class FakeNode {

    private final String name = System.getProperty("raftgres.name");
    private final String fake = System.getProperty("fake", "");
    private final Path directory = Path.of(System.getProperty("raftgres.data-dir"));
    private final Path identity = directory.resolve("identity");
    private final FakeCluster cluster =
            new FakeCluster(directory.getParent(), System.getProperty("raftgres.cluster-name"));

    private FakeNode() {}

    public static void main(String[] args) throws Exception {
        new FakeNode().run();
    }

    private void run() throws IOException {
        if (fake.equals("fail")) {
            System.err.println("the disk is on fire");
            System.exit(1);
        }
        String recover = System.getProperty("raftgres.recover");
        if (recover != null) {
            System.out.println("recovered " + name + " by " + recover);
            return;
        }
        String join = System.getProperty("raftgres.join");
        note("start " + name + (join == null ? "" : " joining " + join));
        note("peers " + System.getProperty("raftgres.peers"));
        if (!cluster.change(this::takePart)) {
            System.err.println(name + " is not welcome");
            System.exit(1);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop));
        HttpServer server = HttpServer.create(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.getInteger("quarkus.http.port")), 0);
        server.createContext(
                "/q/health/ready",
                exchange -> answer(exchange, Files.exists(directory.resolve("unwell")) ? 503 : 200, new byte[0]));
        server.createContext("/v1/cluster", exchange -> answer(exchange, 200, cluster.change(FakeCluster::look)));
        server.createContext("/v1/members", this::members);
        server.start();
        pause();
    }

    /** @return false when the cluster does not take it under this identity */
    private boolean takePart(ObjectNode state) throws IOException {
        ObjectNode member = FakeCluster.member(state, name).orElse(null);
        if (member != null && fake.equals("behind")) {
            member.put("applied", 0);
        }
        if (Files.exists(identity)) {
            return member != null && member.path("id").asText().equals(Files.readString(identity));
        }
        if (member != null && member.path("takenPart").asBoolean()) {
            return false;
        }
        if (member == null) {
            String[] own = Arrays.stream(System.getProperty("raftgres.peers").split(","))
                    .filter(peer -> peer.startsWith(name + "="))
                    .findFirst()
                    .orElseThrow()
                    .substring(name.length() + 1)
                    .split("@");
            member = FakeCluster.add(state, name, System.getProperty("raftgres.join") == null, own[0], own[1]);
        }
        member.put("takenPart", true)
                .put(
                        "staysLearner",
                        System.getProperty("raftgres.join-as", "voter").equals("learner"));
        Files.writeString(identity, member.path("id").asText());
        return true;
    }

    private void members(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        if (exchange.getRequestMethod().equals("POST")) {
            ObjectNode asked = FakeCluster.parse(body);
            note("add " + asked);
            String response = cluster.change(state -> {
                boolean first = !state.path("askedBefore").asBoolean();
                state.put("askedBefore", true);
                return first ? null : add(state, asked);
            });
            if (response == null) {
                answer(exchange, 409, FakeCluster.problem("membership-refused", "it is still there"));
            } else {
                answer(exchange, 201, response);
            }
            return;
        }
        String path = exchange.getRequestURI().getPath();
        String removed = path.substring(path.lastIndexOf('/') + 1);
        String response = cluster.change(state -> {
            ObjectNode member = FakeCluster.member(state, removed).orElse(null);
            FakeCluster.elect(state, removed);
            FakeCluster.remove(state, removed);
            return member == null ? null : "{\"removed\":" + member + "}";
        });
        if (response == null) {
            answer(exchange, 404, FakeCluster.problem("member-not-found", "There is no member " + removed + "."));
        } else {
            note("remove " + removed);
            answer(exchange, 200, response);
        }
    }

    private static String add(ObjectNode state, ObjectNode asked) {
        String name = asked.path("name").asText();
        ObjectNode there = FakeCluster.member(state, name).orElse(null);
        if (there == null || there.path("takenPart").asBoolean()) {
            if (there != null && FakeCluster.isReachable(there)) {
                return null;
            }
            FakeCluster.remove(state, name);
            there = FakeCluster.add(
                    state,
                    name,
                    false,
                    asked.path("peerAddress").asText(),
                    asked.path("clientAddress").asText());
        }
        return "{\"clusterId\":\"c1\",\"member\":" + there + ",\"members\":[]}";
    }

    private void stop() {
        note("stop " + name);
        try {
            cluster.change(state -> {
                if (state.path("leader").asText().equals(name)) {
                    FakeCluster.elect(state, name);
                }
                return null;
            });
        } catch (IOException e) {
            note("cannot transfer the leadership: " + e);
        }
        if (fake.equals("deaf")) {
            pause();
        }
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        answer(exchange, status, body.getBytes(StandardCharsets.UTF_8));
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }

    private static void pause() {
        try {
            Thread.sleep(300_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void note(String line) {
        try {
            Files.writeString(
                    directory.resolveSibling("diary"),
                    line + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
