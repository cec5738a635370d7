package io.raftgres.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/**
 * Lets one operator work at a time, by a Lease. An operator that has lost the Lease ends at once: another one acts now.
 */
@ApplicationScoped
public class LeaderElection {

    private static final Logger LOG = Logger.getLogger(LeaderElection.class);
    private static final int EXIT_LOST = 1;

    private volatile boolean stopping;

    /** 1 while this operator is the active one. */
    private final AtomicInteger leading = new AtomicInteger();

    /** Runs before the operator's own shutdown, which releases the Lease. */
    void onStop(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) ShutdownEvent event) {
        stopping = true;
    }

    /** The builder refuses to leave the process's end to this class, so the deprecated constructor stays. */
    @SuppressWarnings("deprecation")
    @Produces
    @Singleton
    LeaderElectionConfiguration election(KubernetesClient client, OperatorConfig config, MeterRegistry registry) {
        String lease = config.lease();
        registry.gauge("raftgres.operator.leading", Tags.of("lease", lease), leading);
        String namespace = config.namespace()
                .filter(it -> !it.isBlank())
                .or(() -> Optional.ofNullable(client.getNamespace()))
                .orElse("default");
        String host = Optional.ofNullable(System.getenv("HOSTNAME")).orElse("operator");
        LeaderCallbacks callbacks = new LeaderCallbacks(
                () -> {
                    leading.set(1);
                    LOG.infof("this operator is active: it holds the Lease %s in namespace %s", lease, namespace);
                },
                this::lost,
                leader -> LOG.infof("the active operator is %s", leader));
        // The library's option exitOnStopLeading calls System.exit in the elector's own thread, which can then wait for
        // itself permanently.
        return new LeaderElectionConfiguration(
                lease,
                namespace,
                LeaderElectionConfiguration.LEASE_DURATION_DEFAULT_VALUE,
                LeaderElectionConfiguration.RENEW_DEADLINE_DEFAULT_VALUE,
                LeaderElectionConfiguration.RETRY_PERIOD_DEFAULT_VALUE,
                host + "-" + UUID.randomUUID(),
                callbacks,
                false);
    }

    private void lost() {
        leading.set(0);
        if (!stopping) {
            LOG.error("this operator has lost its Lease, because another operator may act now. It exits, and"
                    + " Kubernetes restarts it");
            Runtime.getRuntime().halt(EXIT_LOST);
        }
    }
}
