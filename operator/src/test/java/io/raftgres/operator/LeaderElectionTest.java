package io.raftgres.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The operator can start: the library takes the election's configuration. */
class LeaderElectionTest {

    @Test
    void theElectionIsConfiguredAndTheLibraryDoesNotEndTheProcess() {
        OperatorConfig config = new OperatorConfig() {
            @Override
            public String nodeImage() {
                return "node";
            }

            @Override
            public Optional<String> namespace() {
                return Optional.of("ns");
            }

            @Override
            public String lease() {
                return "second";
            }
        };
        try (KubernetesClient client = new KubernetesClientBuilder().build()) {
            LeaderElectionConfiguration election =
                    new LeaderElection().election(client, config, new SimpleMeterRegistry());
            assertEquals("ns", election.getLeaseNamespace().orElseThrow());
            assertEquals("second", election.getLeaseName());
            assertFalse(election.isExitOnStopLeading());
        }
    }
}
