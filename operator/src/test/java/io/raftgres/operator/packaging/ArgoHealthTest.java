package io.raftgres.operator.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Argo CD's health of a RaftCluster, by the script that Argo CD would run. Lua runs it here. */
class ArgoHealthTest {

    private static final Path SCRIPT = Path.of("../k8s/argocd/health.lua");
    private static final List<String> PROGRAMS = List.of("lua5.1", "lua5.4", "lua");
    private static final long SECONDS = 20;

    @TempDir
    private Path directory;

    @Test
    void aResourceWithoutAReportIsProgressing() throws Exception {
        assertEquals(
                "Progressing",
                health("metadata: {generation: 1}").path("status").asText());
    }

    @Test
    void aReportOnAnEarlierSpecIsProgressing() throws Exception {
        JsonNode health = health("""
                metadata: {generation: 2}
                status: {observedGeneration: 1, conditions: [{type: Ready, status: 'True', message: all}]}
                """);
        assertEquals("Progressing", health.path("status").asText());
        assertEquals(
                "the operator has not seen the current spec yet: check that it runs",
                health.path("message").asText());
    }

    /** When the operator fails, it does not write status.observedGeneration. */
    @ParameterizedTest
    @CsvSource({"InternalError, 2, Degraded", "InternalError, 1, Progressing", "Failed, 2, Progressing"})
    void aFailureOfTheOperatorOnTheCurrentSpecIsShown(String reason, int generation, String status) throws Exception {
        JsonNode health = health("metadata: {generation: 2}\nstatus: {observedGeneration: 1, conditions: [{type:"
                + " Reconciled, status: 'False', reason: " + reason + ", message: why, observedGeneration: "
                + generation + "}]}");
        assertEquals(status, health.path("status").asText());
        assertEquals("Degraded".equals(status), health.path("message").asText().equals("why"));
    }

    /** Each condition is TYPE=STATUS or TYPE=STATUS/REASON, and its message is its type. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Ready=True Progressing=False Degraded=False QuorumAvailable=True Paused=False | Healthy | Ready
            Ready=False/Forming Progressing=True QuorumAvailable=False/Forming | Progressing | waits
            Ready=False/MembersNotReady Progressing=True Degraded=True/MembersDown | Progressing | waits
            Ready=False/MembersNotReady Progressing=True Degraded=True/PodsInTrouble | Degraded | Degraded
            Ready=False/MembersNotReady Progressing=False Degraded=True/MembersDown | Degraded | Degraded
            Ready=False/Changing Progressing=False Degraded=True/Stuck | Degraded | Degraded
            Ready=True Progressing=False Degraded=True/Alarms | Degraded | Degraded
            Ready=False/NoLeader Progressing=True QuorumAvailable=False/QuorumLost | Degraded | QuorumAvailable
            Ready=False/NoLeader Progressing=True QuorumAvailable=Unknown/NoResponse | Progressing | waits
            Ready=True Paused=True | Suspended | Paused
            Ready=False/Hibernated Progressing=False QuorumAvailable=False/Hibernated | Suspended | Ready
            Ready=False/Hibernated Progressing=True | Progressing | waits
            Ready=True Reconciled=False | Degraded | Reconciled
            Ready=True Reconciled=False/Failed | Healthy | Ready
            Ready=True Reconciled=False/ClaimsCannotShrink | Healthy | Ready
            Ready=False/Changing Reconciled=False/Failed | Progressing | waits
            Ready=True Reconciled=True | Healthy | Ready
            """)
    void theConditionsDecide(String conditions, String status, String message) throws Exception {
        String list = List.of(conditions.split(" ")).stream()
                .map(each -> each.split("[=/]"))
                .map(part -> "{type: %s, status: '%s', reason: %s, message: %s, observedGeneration: 3}"
                        .formatted(part[0], part[1], part.length == 3 ? part[2] : "Other", part[0]))
                .collect(Collectors.joining(", "));
        JsonNode health = health("metadata: {generation: 3}\nstatus: {observedGeneration: 3, waitingFor: waits,"
                + " conditions: [" + list + "]}");
        assertEquals(status, health.path("status").asText());
        assertEquals(message, health.path("message").asText());
    }

    private JsonNode health(String resource) throws IOException, InterruptedException {
        String program = PROGRAMS.stream()
                .filter(ArgoHealthTest::isOnThePath)
                .findFirst()
                .orElse(null);
        assumeTrue(program != null, "no Lua on the PATH: install lua5.4 to run Argo CD's health script");
        JsonNode obj = Serialization.unmarshal(resource, JsonNode.class);
        Path file = Files.writeString(
                directory.resolve("run.lua"),
                "obj = " + lua(obj) + "\nlocal health = dofile('" + SCRIPT.toAbsolutePath()
                        + "')\nprint(string.format('{\"status\": %q, \"message\": %q}', health.status,"
                        + " health.message))\n");
        Process process = new ProcessBuilder(program, file.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(true, process.waitFor(SECONDS, TimeUnit.SECONDS), output);
        assertEquals(0, process.exitValue(), output);
        return new ObjectMapper().readTree(output);
    }

    private static boolean isOnThePath(String program) {
        return List.of(System.getenv("PATH").split(":")).stream()
                .anyMatch(each -> Files.isExecutable(Path.of(each, program)));
    }

    /** @return a Lua expression with the same content */
    private static String lua(JsonNode json) {
        if (json.isObject()) {
            return json.properties().stream()
                    .map(Map.Entry::getKey)
                    .map(name -> "['" + name + "'] = " + lua(json.get(name)))
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        if (json.isArray()) {
            return StreamSupport.stream(json.spliterator(), false)
                    .map(ArgoHealthTest::lua)
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        return json.isTextual() ? "'" + json.asText() + "'" : json.asText();
    }
}
