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
 * A recovery past the point of no return, in the file {@code recovery.json}: from when the new log is whole until all
 * has its new identity. A node does not start meanwhile; running the recovery again finishes it.
 *
 * @param time UTC, in the name that the old log gets
 * @param from identity in the old cluster
 * @param to identity in the new one
 * @param name the member's
 * @param lost the old cluster's other members, for people
 * @param firstIndex first entry of the log
 * @param lastIndex last entry of the old log
 * @param lastTerm its term
 * @param appliedIndex what the state machine had applied: committed for certain
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
     * For a node that starts.
     *
     * @param folder the member's data folder
     * @throws IOException when a recovery was begun here and has not finished
     */
    public static void requireNone(Path folder) throws IOException {
        if (Files.exists(folder.resolve(FILE))) {
            throw new IOException("a recovery of " + folder + " into a cluster of its own was begun and has not"
                    + " finished, so this member is neither of the old cluster nor of the new one. Run it again, it"
                    + " goes on where it was: raftgres recover --force-new-cluster (or the node with raftgres.recover="
                    + ForcedNewCluster.OPTION + "); then start this node");
        }
    }

    static Optional<RecoveryPlan> read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
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

    /** Durable, whole or not at all. */
    void write(Path folder) throws IOException {
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
                folder.resolve(FILE), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
    }

    private static void put(ObjectNode json, LogIdentity identity) {
        json.put("clusterId", HexFormat.of().toHexDigits(identity.clusterId()));
        json.put("memberId", HexFormat.of().toHexDigits(identity.memberId()));
    }

    /** All is done. */
    static void delete(Path folder) throws IOException {
        Files.delete(folder.resolve(FILE));
        DurableFile.syncFolder(folder);
    }
}
