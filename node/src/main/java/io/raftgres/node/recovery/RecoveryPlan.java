package io.raftgres.node.recovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.raftgres.node.config.DurableFile;
import io.raftgres.node.log.LogIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * A recovery that can no longer be undone, in the file {@code recovery.json}. It exists from the completion of the new
 * log until all data has its new identity. A node does not start meanwhile; another run of the recovery completes it.
 *
 * @param time UTC, in the new name of the old log
 * @param from identity in the old cluster
 * @param to identity in the new one
 * @param name the member's
 * @param lost the old cluster's other members, for people
 * @param firstIndex first entry of the log
 * @param lastIndex last entry of the old log
 * @param lastTerm its term
 * @param appliedIndex last entry that the state machine had applied: certainly committed
 * @param newTerm term of the entry that makes the new cluster
 */
public record RecoveryPlan(
        String time,
        LogIdentity from,
        LogIdentity to,
        String name,
        List<String> lost,
        long firstIndex,
        long lastIndex,
        long lastTerm,
        long appliedIndex,
        long newTerm) {

    private static final String FILE = "recovery.json";
    private static final ObjectMapper JSON = new ObjectMapper();

    public RecoveryPlan {
        lost = List.copyOf(lost);
    }

    /**
     * Checks that a node may start.
     *
     * @param directory the member's data directory
     * @throws IOException when a recovery was begun here and is not complete
     */
    public static void requireNone(Path directory) throws IOException {
        if (Files.exists(directory.resolve(FILE))) {
            throw new IOException("a recovery of " + directory + " into a new cluster was begun and has not"
                    + " finished, so this member belongs neither to the old cluster nor to the new one. Run it again, it"
                    + " continues where it stopped: raftgres recover --force-new-cluster (or the node with raftgres.recover="
                    + ForcedNewCluster.OPTION + "); then start this node");
        }
    }

    static Optional<RecoveryPlan> read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            JsonNode json = JSON.readTree(Files.readAllBytes(file));
            List<String> lost = new ArrayList<>();
            json.required("lost").forEach(member -> lost.add(member.asText()));
            return Optional.of(new RecoveryPlan(
                    json.required("time").asText(),
                    identity(json.required("from")),
                    identity(json.required("to")),
                    json.required("name").asText(),
                    lost,
                    json.required("firstIndex").asLong(),
                    json.required("lastIndex").asLong(),
                    json.required("lastTerm").asLong(),
                    json.required("appliedIndex").asLong(),
                    json.required("newTerm").asLong()));
        } catch (IllegalArgumentException | IOException e) {
            throw new IOException(file + " is damaged: " + e.getMessage(), e);
        }
    }

    private static LogIdentity identity(JsonNode json) {
        return new LogIdentity(
                HexFormat.fromHexDigitsToLong(json.required("clusterId").asText()),
                HexFormat.fromHexDigitsToLong(json.required("memberId").asText()));
    }

    /** Durable; after a crash the file is complete or absent. */
    void write(Path directory) throws IOException {
        ObjectNode json = JSON.createObjectNode();
        json.put("time", time);
        put(json.putObject("from"), from);
        put(json.putObject("to"), to);
        json.put("name", name);
        lost.forEach(json.putArray("lost")::add);
        json.put("firstIndex", firstIndex);
        json.put("lastIndex", lastIndex);
        json.put("lastTerm", lastTerm);
        json.put("appliedIndex", appliedIndex);
        json.put("newTerm", newTerm);
        DurableFile.write(
                directory.resolve(FILE), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
    }

    private static void put(ObjectNode json, LogIdentity identity) {
        json.put("clusterId", HexFormat.of().toHexDigits(identity.clusterId()));
        json.put("memberId", HexFormat.of().toHexDigits(identity.memberId()));
    }

    /** The recovery is complete. */
    static void delete(Path directory) throws IOException {
        Files.delete(directory.resolve(FILE));
        DurableFile.syncDirectory(directory);
    }
}
