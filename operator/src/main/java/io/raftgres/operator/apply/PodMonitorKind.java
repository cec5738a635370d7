package io.raftgres.operator.apply;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.raftgres.operator.resource.PodMonitors;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;

/** Knows whether this Kubernetes has PodMonitors. It asks the API server at most once a minute. */
@ApplicationScoped
public class PodMonitorKind {

    private static final Duration KEPT = Duration.ofMinutes(1);

    private record Known(boolean known, Instant until) {}

    @Inject
    KubernetesClient client;

    private volatile Known last = new Known(false, Instant.MIN);

    public boolean isKnown() {
        Known now = last;
        if (now.until().isBefore(Instant.now())) {
            now = new Known(
                    client.getApiResources(PodMonitors.API) != null,
                    Instant.now().plus(KEPT));
            last = now;
        }
        return now.known();
    }
}
