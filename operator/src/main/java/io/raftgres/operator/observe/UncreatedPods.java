package io.raftgres.operator.observe;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.raftgres.operator.resource.Names;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Finds out why the StatefulSet's controller cannot create a pod or its claim: a quota, a policy or a webhook refuses
 * it. Only the controller's events say so; they are read while a pod is missing.
 */
@ApplicationScoped
public class UncreatedPods {

    private static final String ERROR = " failed error: ";

    @Inject
    KubernetesClient client;

    /** @return by the name of the pod: the API server's sentence, on one line */
    public Map<String, String> look(Names names, Live live) {
        List<String> missing = missing(names, live);
        if (missing.isEmpty()) {
            return Map.of();
        }
        List<Event> events = client.v1()
                .events()
                .inNamespace(names.namespace())
                .withField(
                        "involvedObject.uid",
                        live.set().orElseThrow().getMetadata().getUid())
                .list()
                .getItems();
        return refusals(missing, events);
    }

    /** @return names of the pods that the StatefulSet asks for and that do not exist, however many others exist */
    public static List<String> missing(Names names, Live live) {
        List<String> there =
                live.pods().stream().map(pod -> pod.getMetadata().getName()).toList();
        int replicas =
                live.set().map(StatefulSet::getSpec).map(it -> it.getReplicas()).orElse(0);
        return IntStream.range(0, replicas)
                .mapToObj(names::member)
                .filter(name -> !there.contains(name))
                .toList();
    }

    /** The latest event that names a pod tells how its creation stands. */
    static Map<String, String> refusals(List<String> pods, List<Event> events) {
        Map<String, String> refusals = new TreeMap<>();
        List<Event> byTime = new ArrayList<>(events);
        byTime.removeIf(event -> event.getMessage() == null);
        // Times have whole seconds, in which a claim is created and then its pod is refused.
        byTime.sort(Comparator.comparing(Event::getLastTimestamp, Comparator.nullsFirst(Comparator.naturalOrder()))
                .thenComparing(UncreatedPods::isRefusal));
        for (String pod : pods) {
            byTime.stream()
                    .filter(event -> event.getMessage().contains("Pod " + pod + " in StatefulSet"))
                    .reduce((earlier, later) -> later)
                    .filter(UncreatedPods::isRefusal)
                    .ifPresent(event -> refusals.put(pod, error(event.getMessage())));
        }
        return refusals;
    }

    private static boolean isRefusal(Event event) {
        return "FailedCreate".equals(event.getReason());
    }

    private static String error(String message) {
        int at = message.indexOf(ERROR);
        return (at < 0 ? message : message.substring(at + ERROR.length()))
                .strip()
                .replaceAll("\\s+", " ");
    }
}
