package io.raftgres.operator.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The CRD that is checked in is the one that the types give, and explains itself. */
class CrdTest {

    @TempDir
    Path scratch;

    @Test
    void theCrdThatIsCheckedInIsWhatTheTypesGive() throws IOException {
        String generated = CrdFile.generate(scratch);
        Path file = CrdFile.checkedIn();
        if (!Files.exists(file) || !Files.readString(file).equals(generated)) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, generated);
            fail(file.normalize() + " was not what the types give. It has been written again:"
                    + " look at it, and commit it");
        }
    }

    /** kubectl apply writes the whole definition into an annotation, which may have 256 KiB. Helm may have 1 MiB. */
    @Test
    void theDefinitionFitsIntoAnAnnotation() throws IOException {
        JsonNode crd = Serialization.unmarshal(CrdFile.generate(scratch), JsonNode.class);
        int bytes = crd.toString().getBytes(StandardCharsets.UTF_8).length;
        assertTrue(bytes < 128 * 1024, () -> bytes + " bytes");
    }

    @Test
    void everyFieldHasADescription() throws IOException {
        List<String> without = new ArrayList<>();
        JsonNode crd = Serialization.unmarshal(CrdFile.generate(scratch), JsonNode.class);
        JsonNode schema = crd.at("/spec/versions/0/schema/openAPIV3Schema");
        describe("", schema, without);
        assertEquals(List.of(), without);
    }

    private static void describe(String path, JsonNode schema, List<String> without) {
        for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
            String name = path + "." + field.getKey();
            if (field.getValue().path("description").asText().isBlank()) {
                without.add(name);
            }
            describe(name, field.getValue(), without);
            describe(name, field.getValue().path("items"), without);
        }
    }
}
