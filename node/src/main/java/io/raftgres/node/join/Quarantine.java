package io.raftgres.node.join;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.raftgres.node.config.DurableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Marks a member whose PostgreSQL holds data that must not be served: the file {@code quarantine} in its data
 * directory. The node deletes it when the state of another member has replaced the data. An administrator may delete
 * this file while the node is stopped.
 *
 * @param reason a sentence
 * @param lostLogOf the member whose log must be set aside together with its promises, if the log still exists; 0: none
 */
public record Quarantine(String reason, long lostLogOf) {

    private static final String FILE = "quarantine";
    private static final ObjectMapper JSON = new ObjectMapper();

    public static Optional<Quarantine> read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            JsonNode json = JSON.readTree(Files.readAllBytes(file));
            return Optional.of(new Quarantine(
                    json.path("reason").asText("unknown"),
                    HexFormat.fromHexDigitsToLong(json.path("lostLogOf").asText("0"))));
        } catch (IOException | IllegalArgumentException e) {
            return Optional.of(new Quarantine("its quarantine file " + file + " cannot be read", 0));
        }
    }

    /** Durable when this returns. */
    public void write(Path directory) throws IOException {
        DurableFile.write(
                directory.resolve(FILE),
                JSON.writeValueAsBytes(JSON.createObjectNode()
                        .put("reason", reason)
                        .put("lostLogOf", HexFormat.of().toHexDigits(lostLogOf))));
    }

    public static void lift(Path directory) throws IOException {
        DurableFile.delete(directory.resolve(FILE));
    }
}
