package io.raftgres.operator.apply;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.resource.Hash;
import io.raftgres.operator.resource.Names;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Writes Kubernetes events about a RaftCluster: the steps that were taken and the problems. A repeated event is
 * counted, not added.
 */
@ApplicationScoped
public class Events {

    private static final Logger LOG = Logger.getLogger(Events.class);
    private static final int MESSAGE_MAX = 1000;

    /** A repeated event is written at most once in this time. */
    private static final Duration QUIET = Duration.ofMinutes(1);

    @Inject
    KubernetesClient client;

    /** @param reason one word in CamelCase @param message a sentence */
    public void record(RaftCluster cluster, String reason, String message) {
        write(cluster, "Normal", reason, message);
    }

    public void warn(RaftCluster cluster, String reason, String message) {
        write(cluster, "Warning", reason, message);
    }

    private void write(RaftCluster cluster, String type, String reason, String text) {
        String message = text.length() <= MESSAGE_MAX ? text : text.substring(0, MESSAGE_MAX);
        LOG.infof(
                "%s/%s: %s: %s",
                cluster.getMetadata().getNamespace(), cluster.getMetadata().getName(), reason, message);
        try {
            String name = cluster.getMetadata().getName() + "."
                    + Hash.of(List.of(cluster.getMetadata().getUid(), type, reason, message))
                            .substring(0, 16);
            var events = client.v1().events().inNamespace(cluster.getMetadata().getNamespace());
            Event before = events.withName(name).get();
            Instant now = Instant.now();
            if (before == null) {
                events.resource(event(cluster, name, type, reason, message, now))
                        .create();
            } else if (Instant.parse(before.getLastTimestamp()).plus(QUIET).isBefore(now)) {
                events.resource(new EventBuilder(before)
                                .withCount(before.getCount() + 1)
                                .withLastTimestamp(seconds(now))
                                .build())
                        .patch();
            }
        } catch (KubernetesClientException e) {
            // The step counts, not its event: a failure to write it stops nothing.
            LOG.warnf("the operator could not write the last event to the API server: %s", e.getMessage());
        }
    }

    private static Event event(
            RaftCluster cluster, String name, String type, String reason, String message, Instant now) {
        return new EventBuilder()
                .withNewMetadata()
                .withNamespace(cluster.getMetadata().getNamespace())
                .withName(name)
                .endMetadata()
                .withNewInvolvedObject()
                .withApiVersion(cluster.getApiVersion())
                .withKind(cluster.getKind())
                .withNamespace(cluster.getMetadata().getNamespace())
                .withName(cluster.getMetadata().getName())
                .withUid(cluster.getMetadata().getUid())
                .endInvolvedObject()
                .withType(type)
                .withReason(reason)
                .withMessage(message)
                .withFirstTimestamp(seconds(now))
                .withLastTimestamp(seconds(now))
                .withCount(1)
                .withNewSource()
                .withComponent(Names.MANAGER)
                .endSource()
                .build();
    }

    private static String seconds(Instant time) {
        return time.truncatedTo(java.time.temporal.ChronoUnit.SECONDS).toString();
    }
}
