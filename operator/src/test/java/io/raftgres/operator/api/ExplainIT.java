package io.raftgres.operator.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** {@code kubectl explain} explains each field of a RaftCluster, as the API server serves them. */
class ExplainIT {

    private static final int PROCESSES = 4;

    @Test
    void kubectlExplainsEachField() throws Exception {
        ApiServer.connect().close();
        JsonNode crd = Serialization.unmarshal(Files.readString(CrdFile.checkedIn()), JsonNode.class);
        List<String> fields = new ArrayList<>();
        collect("raftcluster", crd.at("/spec/versions/0/schema/openAPIV3Schema"), fields);
        assertTrue(fields.size() > 300, fields::toString);
        List<String> without = new ArrayList<>();
        try (ExecutorService processes = Executors.newFixedThreadPool(PROCESSES)) {
            List<Future<String>> explained = fields.stream()
                    .map(field -> processes.submit(() -> Kubectl.run("explain", field)))
                    .toList();
            for (int i = 0; i < fields.size(); i++) {
                String[] parts = explained.get(i).get().split("DESCRIPTION:\\s+", 2);
                if (parts.length < 2 || parts[1].isBlank() || parts[1].startsWith("<empty>")) {
                    without.add(fields.get(i));
                }
            }
        }
        assertEquals(List.of(), without, "fields that kubectl does not explain");
    }

    private static void collect(String path, JsonNode schema, List<String> fields) {
        for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
            String name = path + "." + field.getKey();
            fields.add(name);
            collect(name, field.getValue(), fields);
            collect(name, field.getValue().path("items"), fields);
        }
    }
}
