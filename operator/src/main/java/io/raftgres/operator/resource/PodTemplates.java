package io.raftgres.operator.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.raftgres.operator.api.v1alpha1.PodTemplate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Merges {@code spec.podTemplate} over the operator's own pod template, and refuses what would break a member. */
final class PodTemplates {

    private static final String TOLD = "spec.podTemplate";
    private static final Set<String> OURS = Set.of(Containers.NODE, Containers.POSTGRES);

    /** Fields of the operator's own containers that may be changed. The schema's rules refuse the usual other ones. */
    private static final Set<String> OPEN = Set.of("name", "securityContext", "volumeMounts", "volumeDevices");

    private static final KubernetesSerialization JSON = new KubernetesSerialization();

    private PodTemplates() {}

    /**
     * @param further whether the pod has the further containers, too; the pod of a recovery has not, because they would
     *     run on when it has ended
     * @throws SpecRefusedException when no pod can be made of it
     */
    static PodTemplateSpec merge(PodTemplateSpec own, PodTemplate wanted, Names names, boolean further) {
        if (wanted == null) {
            return own;
        }
        ObjectNode patch = JSON.convertValue(wanted, ObjectNode.class);
        ObjectNode merged = JSON.convertValue(own, ObjectNode.class);
        ObjectNode spec = patch.withObject("/spec");
        requireAllowed(spec, merged.path("spec"));
        // The schema lets only the values pass that ours have anyway, but a recovery's pod has its own restart policy.
        spec.remove(List.of("restartPolicy", "serviceAccountName"));
        countMembers(spec, names);
        if (!further && spec.path("containers") instanceof ArrayNode containers) {
            removeFurther(containers);
        }
        StrategicMerge.merge(merged, patch);
        if (merged.path("spec").path("initContainers") instanceof ArrayNode containers) {
            moveOursToTheEnd(containers);
        }
        return read(merged);
    }

    /** @return the users that the pod, or its PostgreSQL, is to run as by {@code spec.podTemplate} */
    static Set<Long> users(PodTemplate wanted) {
        Set<Long> users = new TreeSet<>();
        if (wanted != null) {
            JsonNode spec = JSON.convertValue(wanted, JsonNode.class).path("spec");
            addUser(spec, users);
            spec.path("initContainers").forEach(container -> addUser(container, users));
        }
        return users;
    }

    private static void addUser(JsonNode of, Set<Long> users) {
        JsonNode user = of.path("securityContext").path("runAsUser");
        if (user.isIntegralNumber()) {
            users.add(user.longValue());
        }
    }

    private static void requireAllowed(JsonNode spec, JsonNode own) {
        for (String list : List.of("containers", "initContainers")) {
            for (JsonNode container : spec.path(list)) {
                if (isOurs(container)) {
                    requireOpen(list, container, own.path(list));
                }
            }
        }
    }

    private static void requireOpen(String list, JsonNode container, JsonNode own) {
        String name = container.path("name").asText();
        Set<String> closed = new TreeSet<>();
        container.fieldNames().forEachRemaining(closed::add);
        closed.removeAll(OPEN);
        if (!closed.isEmpty()) {
            throw new SpecRefusedException(TOLD + " sets " + String.join(", ", closed) + " of the container " + name
                    + ", which the operator sets itself: leave only securityContext, volumeMounts and volumeDevices");
        }
        Set<String> taken = new HashSet<>();
        for (JsonNode each : own) {
            if (each.path("name").asText().equals(name)) {
                each.path("volumeMounts")
                        .forEach(mount -> taken.add(mount.path("mountPath").asText()));
            }
        }
        for (JsonNode mount : container.path("volumeMounts")) {
            String path = mount.path("mountPath").asText();
            if (taken.stream().anyMatch(one -> isWithin(path, one))) {
                throw new SpecRefusedException(TOLD + " mounts a volume at " + path + " in the container " + name
                        + ", where the operator has mounted one: choose a path outside of " + new TreeSet<>(taken));
            }
        }
    }

    /** Below /tmp there is nothing of ours. */
    private static boolean isWithin(String path, String taken) {
        return path.equals(taken) || path.startsWith(taken + "/") && !(taken.equals("/tmp") && path.length() > 5);
    }

    /** A constraint without a selector would count no pod at all. */
    private static void countMembers(JsonNode spec, Names names) {
        for (JsonNode constraint : spec.path("topologySpreadConstraints")) {
            if (constraint instanceof ObjectNode object && !object.has("labelSelector")) {
                names.selector().forEach(object.withObject("/labelSelector/matchLabels")::put);
            }
        }
    }

    private static void removeFurther(ArrayNode containers) {
        List<JsonNode> all = new ArrayList<>();
        containers.forEach(all::add);
        containers.removeAll();
        all.stream().filter(PodTemplates::isOurs).forEach(containers::add);
    }

    /** Further init containers prepare the pod, so they run before PostgreSQL starts. */
    private static void moveOursToTheEnd(ArrayNode containers) {
        List<JsonNode> all = new ArrayList<>();
        containers.forEach(all::add);
        containers.removeAll();
        all.stream().filter(one -> !isOurs(one)).forEach(containers::add);
        all.stream().filter(PodTemplates::isOurs).forEach(containers::add);
    }

    private static boolean isOurs(JsonNode container) {
        return OURS.contains(container.path("name").asText());
    }

    private static PodTemplateSpec read(ObjectNode merged) {
        try {
            return JSON.convertValue(merged, PodTemplateSpec.class);
        } catch (IllegalArgumentException e) {
            throw new SpecRefusedException(TOLD + " is not valid: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse("") + ". Compare it with"
                    + " 'kubectl explain pod.spec'");
        }
    }
}
