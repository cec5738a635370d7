package io.raftgres.operator.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.resource.StatefulSets;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
        RaftCluster cluster = new KubernetesSerialization().convertValue(written, RaftCluster.class);
        JsonNode again = Serialization.unmarshal(Serialization.asJson(cluster), JsonNode.class);
        requireAll("spec", written.path("spec"), again.path("spec"));
    }

    /** The pods of a cluster of the release before are as their spec wants them: this operator restarts none. */
    @ParameterizedTest
    @CsvSource({
        "minimal, fd830cc66cfba2f7424d8eb7e63c1ef9",
        "single, fd830cc66cfba2f7424d8eb7e63c1ef9",
        "production, ed9e15aaa5377679c1694ef670f1a45b"
    })
    void theTemplateOfTheReleaseBeforeIsNotWrittenAgain(String example, String templateOf) throws IOException {
        ObjectNode stored = (ObjectNode) read(example + ".yaml");
        fill(schema(read("crd.yaml")), stored);
        fill(schema(Serialization.unmarshal(CrdFile.generate(scratch), JsonNode.class)), stored);
        RaftCluster cluster = new KubernetesSerialization().convertValue(stored, RaftCluster.class);
        assertEquals(templateOf, StatefulSets.templateOf(cluster, "node:1"));
    }

    /** Adds the defaults of the schema, as the API server does when it stores and when it reads. */
    private static void fill(JsonNode schema, ObjectNode value) {
        schema.path("properties").properties().forEach(field -> {
            if (!value.has(field.getKey()) && field.getValue().has("default")) {
                value.set(field.getKey(), field.getValue().get("default").deepCopy());
            }
            if (value.get(field.getKey()) instanceof ObjectNode inner) {
                fill(field.getValue(), inner);
            }
        });
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
