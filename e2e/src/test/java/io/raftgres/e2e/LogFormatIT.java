package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node logs JSON if its configuration says so. Every line of its whole output is one object, also those of errors.
 */
class LogFormatIT {

    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    @TempDir
    Path directory;

    @Test
    void everyLineIsAJsonObject() throws Exception {
        try (Cluster cluster = Cluster.start(directory, 1, "-Dquarkus.log.console.json.enabled=true")) {
            // Its loss is an error that a node logs with its cause.
            cluster.killPostgres(1);
            Cluster.await(
                    "the loss of PostgreSQL in the log",
                    Duration.ofSeconds(60),
                    () -> records(cluster).stream().anyMatch(each -> !isInfo(each)) ? true : null);
            cluster.stopNode(1);
            List<JsonNode> records = records(cluster);
            records.forEach(LogFormatIT::check);
            assertTrue(records.stream()
                    .anyMatch(each -> each.at("/mdc/term").asText().equals("1")));
            assertTrue(records.getLast().path("message").asText().contains("stopped"), () -> "" + records.getLast());
        }
    }

    @Test
    void textIsTheDefault() throws Exception {
        try (Cluster cluster = Cluster.start(directory, 1)) {
            assertFalse(Files.readString(cluster.log(1)).contains("{\""));
        }
    }

    private static void check(JsonNode log) {
        OffsetDateTime.parse(log.path("timestamp").asText());
        for (String field : List.of("level", "loggerName", "message")) {
            assertFalse(log.path(field).asText().isEmpty(), () -> field + " is missing: " + log);
        }
        assertEquals("node1", log.path("node").asText(), log::toString);
        assertTrue(log.at("/mdc/term").isTextual(), log::toString);
    }

    private static boolean isInfo(JsonNode log) {
        return log.path("level").asText().equals("INFO");
    }

    /** @throws IOException if a line is not JSON; the last line may not be whole while the node runs */
    private static List<JsonNode> records(Cluster cluster) throws IOException {
        String text = Files.readString(cluster.log(1));
        List<JsonNode> records = new ArrayList<>();
        for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n")) {
            JsonNode log = JSON.readTree(line);
            assertTrue(log.isObject(), line);
            records.add(log);
        }
        return records;
    }
}
