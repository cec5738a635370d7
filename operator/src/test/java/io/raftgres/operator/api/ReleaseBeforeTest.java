package io.raftgres.operator.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A RaftCluster that commit 1530f78 took is still one: no field of it is gone, and none has another type. */
class ReleaseBeforeTest {

    private static final String RESOURCES = "/release-1530f78/";

    @TempDir
    Path scratch;

    @Test
    void eachFieldOfTheReleaseBeforeIsThereWithItsType() throws IOException {
        List<String> broken = new ArrayList<>();
        require(
                "",
                schema(read("crd.yaml")),
                schema(Serialization.unmarshal(CrdFile.generate(scratch), JsonNode.class)),
                broken);
        assertEquals(List.of(), broken);
    }

    private static JsonNode schema(JsonNode crd) {
        JsonNode schema = crd.at("/spec/versions/0/schema/openAPIV3Schema");
        assertTrue(schema.isObject());
        return schema;
    }

    private static void require(String path, JsonNode before, JsonNode now, List<String> broken) {
        for (String rule : List.of("type", "enum", "format", "pattern")) {
            if (!before.path(rule).equals(now.path(rule))) {
                broken.add(path + ": " + rule + " was " + before.path(rule) + " and is " + now.path(rule));
            }
        }
        for (JsonNode required : now.path("required")) {
            if (!before.path("required").toString().contains(required.toString())) {
                broken.add(path + "." + required.asText() + " is required now");
            }
        }
        for (Map.Entry<String, JsonNode> field : before.path("properties").properties()) {
            JsonNode same = now.path("properties").path(field.getKey());
            if (same.isMissingNode()) {
                broken.add(path + "." + field.getKey() + " is gone");
            } else {
                require(path + "." + field.getKey(), field.getValue(), same, broken);
            }
        }
        if (before.has("items")) {
            require(path + "[]", before.path("items"), now.path("items"), broken);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"minimal", "single", "production"})
    void theExamplesOfTheReleaseBeforeAreRead(String example) throws IOException {
        JsonNode written = read(example + ".yaml");
        RaftCluster cluster = new io.fabric8.kubernetes.client.utils.KubernetesSerialization()
                .convertValue(written, RaftCluster.class);
        JsonNode again = Serialization.unmarshal(Serialization.asJson(cluster), JsonNode.class);
        requireAll("spec", written.path("spec"), again.path("spec"));
    }

    /** Nothing that was written is lost. */
    private static void requireAll(String path, JsonNode written, JsonNode kept) {
        if (written.isObject()) {
            written.properties()
                    .forEach(field ->
                            requireAll(path + "." + field.getKey(), field.getValue(), kept.path(field.getKey())));
        } else {
            assertEquals(written.asText(), kept.asText(), path);
        }
    }

    private static JsonNode read(String name) throws IOException {
        try (InputStream in = ReleaseBeforeTest.class.getResourceAsStream(RESOURCES + name)) {
            assertNotNull(in, name);
            return Serialization.unmarshal(in, JsonNode.class);
        }
    }
}
