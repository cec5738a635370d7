package io.raftgres.node.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The OpenAPI document is written by hand. It has exactly the routes, problems and parameters of the code. */
class OpenApiTest {

    private final JsonNode document = read();

    private static JsonNode read() {
        try (InputStream in = RestApi.class.getResourceAsStream("/META-INF/openapi.yaml")) {
            return new com.fasterxml.jackson.databind.ObjectMapper(new YAMLFactory()).readTree(in);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void listsExactlyTheRoutes() {
        Set<String> documented = new TreeSet<>();
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    if (!operation.getKey().equals("parameters")) {
                        documented.add(operation.getKey().toUpperCase() + " " + path.getKey());
                    }
                }));
        Set<String> known = new TreeSet<>();
        for (Route route : Route.values()) {
            if (route != Route.OTHER) {
                known.add(route.method() + " " + route.path());
            }
        }
        assertEquals(known, documented);
    }

    @Test
    void listsExactlyTheProblems() {
        Set<String> documented = new TreeSet<>();
        document.at("/components/schemas/Problem/properties/type/enum").forEach(type -> documented.add(type.asText()));
        Set<String> known = new TreeSet<>();
        Arrays.stream(Problem.Type.values()).forEach(type -> known.add(type.uri));
        assertEquals(known, documented);
    }

    /** The code accepts every parameter of the document. The refusal of another parameter names exactly these. */
    @Test
    void listsExactlyTheQueryParameters() throws Exception {
        try (MemoryKvService service = new MemoryKvService();
                RestServer server = new RestServer(service, RestServer.QUICK, RequestMeter.NONE)) {
            for (Route route : Route.values()) {
                if (route == Route.OTHER || route == Route.HEAD_KEY) {
                    continue;
                }
                Set<String> documented = new TreeSet<>();
                JsonNode operation = document.get("paths")
                        .get(route.path())
                        .get(route.method().toLowerCase());
                for (JsonNode reference : operation.path("parameters")) {
                    JsonNode parameter =
                            document.at(reference.get("$ref").asText().substring(1));
                    if (parameter.get("in").asText().equals("query")) {
                        documented.add(parameter.get("name").asText());
                    }
                }
                String target = route.path().replace("{key}", "a").replace("{member}", "node1") + "?nonsense=1";
                String detail = Responses.problem(
                                400, "invalid-request", server.send(route.method(), target, (byte[]) null))
                        .get("detail")
                        .asText();
                Set<String> known = new TreeSet<>();
                if (detail.contains("known here: ")) {
                    known.addAll(Arrays.asList(detail.substring(detail.indexOf("known here: ") + 12)
                            .split(", ")));
                }
                assertEquals(documented, known, route.toString());
            }
        }
    }

    @Test
    void everyReferenceLeadsSomewhere() {
        document.findValuesAsText("$ref").forEach(reference -> {
            assertTrue(reference.startsWith("#/"), reference);
            assertFalse(document.at(reference.substring(1)).isMissingNode(), reference);
        });
    }
}
