package io.raftgres.cli.local;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * The common state of the fake nodes of one data directory: a file that all of them read and write, one at a time. Its
 * members behave towards the command line as real ones do: learners catch up a little with each look, and become
 * voters.
 */
final class FakeCluster {

    static final long FIRST_LAG = 12_345;
    private static final long CAUGHT_UP_EACH_LOOK = 6_000;
    private static final long COMMITTED = 10;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;

    /** @param clusterName another one begins with nothing */
    FakeCluster(Path dataDirectory, String clusterName) {
        this.file = dataDirectory.resolve("fake-" + clusterName + ".json");
    }

    interface Change<T> {
        T in(ObjectNode state) throws IOException;
    }

    /** Reads the state, lets it be changed, and writes it, while no other process does. */
    <T> T change(Change<T> change) throws IOException {
        // One process has one lock at a time, so its threads wait here.
        synchronized (FakeCluster.class) {
            try (FileChannel channel = FileChannel.open(
                            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                    var lock = channel.lock()) {
                ByteBuffer bytes = ByteBuffer.allocate((int) channel.size());
                while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                    continue;
                }
                ObjectNode state = bytes.capacity() == 0
                        ? JSON.createObjectNode().put("lastId", 0)
                        : (ObjectNode) JSON.readTree(bytes.array());
                state.withArray("members");
                T result = change.in(state);
                channel.truncate(0);
                channel.write(ByteBuffer.wrap(JSON.writeValueAsBytes(state)), 0);
                return result;
            }
        }
    }

    static List<ObjectNode> members(ObjectNode state) {
        return StreamSupport.stream(state.withArray("members").spliterator(), false)
                .map(ObjectNode.class::cast)
                .toList();
    }

    static Optional<ObjectNode> member(ObjectNode state, String name) {
        return members(state).stream()
                .filter(member -> member.path("name").asText().equals(name))
                .findFirst();
    }

    static ObjectNode add(ObjectNode state, String name, boolean voter, String peer, String client) {
        long id = state.path("lastId").asLong() + 1;
        state.put("lastId", id);
        return state.withArray("members")
                .addObject()
                .put("id", "%016x".formatted(id))
                .put("name", name)
                .put("voter", voter)
                .put("peerAddress", peer)
                .put("clientAddress", client)
                .put("lag", voter ? 0 : FIRST_LAG)
                .put("applied", COMMITTED)
                .put("version", "fake");
    }

    static void remove(ObjectNode state, String name) {
        ArrayNode members = state.withArray("members");
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i).path("name").asText().equals(name)) {
                members.remove(i);
                return;
            }
        }
    }

    static boolean isReachable(ObjectNode member) {
        URI uri = URI.create(member.path("clientAddress").asText());
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), 1_000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Makes a healthy member the leader, if the former leader cannot lead.
     *
     * @param but this member must not lead
     */
    static void elect(ObjectNode state, String but) {
        List<ObjectNode> voters = members(state).stream()
                .filter(member -> member.path("voter").asBoolean())
                .toList();
        List<String> able = voters.stream()
                .filter(FakeCluster::isReachable)
                .map(member -> member.path("name").asText())
                .sorted()
                .toList();
        String leader = state.path("leader").asText();
        if (able.size() <= voters.size() / 2) {
            state.put("leader", "");
        } else if (!able.contains(leader) || leader.equals(but)) {
            state.put(
                    "leader",
                    able.stream().filter(name -> !name.equals(but)).findFirst().orElse(""));
        }
    }

    /** @return the body of GET /v1/cluster; with each look, learners have caught up further */
    static String look(ObjectNode state) {
        elect(state, "");
        ObjectNode response =
                JSON.createObjectNode().put("clusterId", "c1").put("self", "").put("term", 1);
        String leader = state.path("leader").asText();
        response.putNull("leader");
        for (ObjectNode member : members(state)) {
            boolean leads = member.path("name").asText().equals(leader);
            boolean reachable = isReachable(member);
            if (leads) {
                response.putObject("leader")
                        .put("id", member.path("id").asText())
                        .put("name", leader);
            }
            boolean voter = member.path("voter").asBoolean();
            String role = !reachable ? "unreachable" : leads ? "leader" : voter ? "follower" : "learner";
            response.withArray("members")
                    .add(member.deepCopy()
                            .put("role", role)
                            .put("state", reachable ? "serving" : "unreachable")
                            .put("commitIndex", COMMITTED)
                            .put("appliedIndex", member.path("applied").asLong()));
            long lag = Math.max(0, member.path("lag").asLong() - (reachable ? CAUGHT_UP_EACH_LOOK : 0));
            member.put("lag", lag);
            if (lag == 0 && !member.path("staysLearner").asBoolean()) {
                member.put("voter", true);
            }
        }
        return response.toString();
    }

    static byte[] problem(String type, String detail) {
        return JSON.createObjectNode()
                .put("type", "/problems/" + type)
                .put("detail", detail)
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }

    static ObjectNode parse(byte[] body) throws IOException {
        return (ObjectNode) JSON.readTree(body);
    }
}
