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
 * The mark that what this member's PostgreSQL holds must not be served: the file {@code quarantine} in its data folder.
 * It is gone when the state of another member has taken the place. Whoever knows better may remove it while the node is
 * down.
 *
 * @param reason a sentence
 * @param lostLogOf the member whose log is to be set aside, with what it promised, if it is still there; 0: of none
 */
public record Quarantine(String reason, long lostLogOf) {

    private static final String FILE = "quarantine";
    private static final ObjectMapper JSON = new ObjectMapper();

    public static Optional<Quarantine> read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            JsonNode json = JSON.readTree(Files.readAllBytes(file));
            return Optional.of(new Quarantine(
                    json.path("reason").asText("unknown"),
                    HexFormat.fromHexDigitsToLong(json.path("lostLogOf").asText("0"))));
        } catch (IOException | IllegalArgumentException e) {
            return Optional.of(new Quarantine("its mark in " + file + " cannot be read", 0));
        }
    }

    /** Durable when this returns. */
    public void write(Path folder) throws IOException {
        DurableFile.write(
                folder.resolve(FILE),
                JSON.writeValueAsBytes(JSON.createObjectNode()
                        .put("reason", reason)
                        .put("lostLogOf", HexFormat.of().toHexDigits(lostLogOf))));
    }

    public static void lift(Path folder) throws IOException {
        DurableFile.delete(folder.resolve(FILE));
    }
}
