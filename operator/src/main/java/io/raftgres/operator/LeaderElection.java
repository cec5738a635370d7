package io.raftgres.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;

/** One operator works at a time, by a Lease. One that has lost it ends at once: what it planned is another's now. */
@ApplicationScoped
public class LeaderElection {

    private static final Logger LOG = Logger.getLogger(LeaderElection.class);
    private static final String LEASE = "raftgres-operator";
    private static final int EXIT_LOST = 1;

    private volatile boolean stopping;

    /** Before the operator's own end, which gives the Lease back. */
    void onStop(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) ShutdownEvent event) {
        stopping = true;
    }

    @SuppressWarnings("removal")
    @Produces
    @Singleton
    LeaderElectionConfiguration election(KubernetesClient client, OperatorConfig config) {
        String namespace = config.namespace()
                .filter(it -> !it.isBlank())
                .or(() -> Optional.ofNullable(client.getNamespace()))
                .orElse("default");
        String host = Optional.ofNullable(System.getenv("HOSTNAME")).orElse("operator");
        LeaderCallbacks callbacks = new LeaderCallbacks(
                () -> LOG.infof("this operator leads: it has the Lease %s in %s", LEASE, namespace),
                this::lost,
                leader -> LOG.infof("the operator that leads: %s", leader));
        // The stock way out, exitOnStopLeading, is System.exit from the elector's own thread, which can wait for itself
        // for ever.
        return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE)
                .withLeaseNamespace(namespace)
                .withIdentity(host + "-" + UUID.randomUUID())
                .withLeaderCallbacks(callbacks)
                .withExitOnStopLeading(false)
                .build();
    }

    private void lost() {
        if (!stopping) {
            LOG.error("this operator has lost its Lease; it ends, and starts again");
            Runtime.getRuntime().halt(EXIT_LOST);
        }
    }
}
