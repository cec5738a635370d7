package io.raftgres.operator.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * Merges a patch over an object by the rules of Kubernetes' strategic merge: objects field by field, lists of named
 * items by their key, null removes a field, anything else is replaced. Kubernetes' Java client does not have this.
 */
final class StrategicMerge {

    /** Lists of a pod template whose items have a key; the others are replaced as a whole. */
    private static final Map<String, String> KEYS = Map.of(
            "containers", "name",
            "initContainers", "name",
            "volumes", "name",
            "env", "name",
            "imagePullSecrets", "name",
            "volumeMounts", "mountPath",
            "volumeDevices", "devicePath",
            "hostAliases", "ip",
            "topologySpreadConstraints", "topologyKey");

    private StrategicMerge() {}

    /** Changes {@code base}. New items of a list follow those that it has. */
    static void merge(ObjectNode base, JsonNode patch) {
        patch.properties().forEach(field -> {
            String name = field.getKey();
            JsonNode wanted = field.getValue();
            JsonNode before = base.get(name);
            if (wanted.isNull()) {
                base.remove(name);
            } else if (before instanceof ObjectNode object && wanted.isObject()) {
                merge(object, wanted);
            } else if (before instanceof ArrayNode list && wanted.isArray() && KEYS.containsKey(name)) {
                wanted.forEach(item -> mergeItem(list, item, KEYS.get(name)));
            } else {
                base.set(name, wanted.deepCopy());
            }
        });
    }

    private static void mergeItem(ArrayNode list, JsonNode item, String key) {
        for (JsonNode before : list) {
            if (before instanceof ObjectNode object && before.path(key).equals(item.path(key))) {
                merge(object, item);
                return;
            }
        }
        list.add(item.deepCopy());
    }
}
