package io.raftgres.operator.observe;

import static io.raftgres.operator.time.MonotonicClock.CLOCK;

import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Knows which storage classes let claims grow. It asks the API server at most once a minute for each class. */
@ApplicationScoped
public class StorageClasses {

    private static final Duration FRESH = Duration.ofMinutes(1);
    private static final int CLASSES_MAX = 1000;

    private record Known(boolean growable, Instant until) {}

    @Inject
    KubernetesClient client;

    private final Map<String, Known> known = new ConcurrentHashMap<>();

    boolean letsGrow(String name) {
        Instant now = CLOCK.instant();
        Known last = known.get(name);
        if (last == null || last.until().isBefore(now)) {
            if (known.size() >= CLASSES_MAX) {
                known.clear();
            }
            last = new Known(ask(name), now.plus(FRESH));
            known.put(name, last);
        }
        return last.growable();
    }

    /**
     * If the API server does not let the operator read the class, it counts as growable: the API server checks each
     * growth itself, and its refusal is reported.
     */
    private boolean ask(String name) {
        try {
            StorageClass found =
                    client.storage().v1().storageClasses().withName(name).get();
            return found != null && Boolean.TRUE.equals(found.getAllowVolumeExpansion());
        } catch (KubernetesClientException e) {
            if (e.getCode() <= 0) {
                // The API server is unavailable: no other read succeeds either.
                throw e;
            }
            return true;
        }
    }
}
