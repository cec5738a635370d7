package io.raftgres.operator.apply;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.raftgres.operator.api.ApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.resource.Clusters;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The check before a StatefulSet is recreated, with the quotas of a real API server. */
class SetRecreationIT {

    private static final String COUNT = "count/statefulsets.apps";
    private static final long SECONDS = 30;

    private static KubernetesClient client;
    private String namespace;
    private final RaftCluster cluster = Clusters.plain();
    private final SetRecreation recreation = new SetRecreation();

    @BeforeAll
    static void connect() throws Exception {
        client = ApiServer.connect();
    }

    @AfterAll
    static void close() {
        if (client != null) {
            client.close();
        }
    }

    @BeforeEach
    void make() {
        namespace = ApiServer.namespace(client, "op-recreation-");
        recreation.client = client;
    }

    @AfterEach
    void clean() {
        client.namespaces().withName(namespace).delete();
    }

    @Test
    void aFullQuotaAllowsTheRecreation_AndOneThatIsExceededDoesNot() {
        quota(1);
        StatefulSet live = client.resource(set("c", "1Gi")).create();
        awaitUsed(1, 1);
        assertDoesNotThrow(() -> recreation.prepare(cluster, live, set("c", "2Gi")));
        assertRefused(live, set("c", "-2Gi"), "must be greater than");

        quota(2);
        awaitUsed(1, 2);
        client.resource(set("d", "1Gi")).create();
        quota(1);
        awaitUsed(2, 1);
        assertRefused(live, set("c", "2Gi"), "exceeded quota");
    }

    private void assertRefused(StatefulSet live, StatefulSet again, String why) {
        var refusal = assertThrows(KubernetesClientException.class, () -> recreation.prepare(cluster, live, again));
        assertTrue(refusal.getMessage().contains(why), refusal::getMessage);
    }

    private StatefulSet set(String name, String size) {
        return new StatefulSetBuilder(Clusters.set(cluster))
                .editMetadata()
                .withNamespace(namespace)
                .withName(name)
                .withOwnerReferences()
                .endMetadata()
                .editSpec()
                .withReplicas(0)
                .editFirstVolumeClaimTemplate()
                .editSpec()
                .editResources()
                .addToRequests("storage", new Quantity(size))
                .endResources()
                .endSpec()
                .endVolumeClaimTemplate()
                .endSpec()
                .build();
    }

    private void quota(int limit) {
        client.resource(new ResourceQuotaBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName("sets")
                        .endMetadata()
                        .withNewSpec()
                        .addToHard(COUNT, new Quantity(String.valueOf(limit)))
                        .endSpec()
                        .build())
                .fieldManager("test")
                .forceConflicts()
                .serverSideApply();
    }

    /** The quota's controller counts, and writes both numbers into the status. */
    private void awaitUsed(int used, int limit) {
        client.resources(ResourceQuota.class)
                .inNamespace(namespace)
                .withName("sets")
                .waitUntilCondition(
                        quota -> quota != null
                                && quota.getStatus() != null
                                && quota.getStatus().getUsed() != null
                                && new Quantity(String.valueOf(used))
                                        .equals(quota.getStatus().getUsed().get(COUNT))
                                && new Quantity(String.valueOf(limit))
                                        .equals(quota.getStatus().getHard().get(COUNT)),
                        SECONDS,
                        TimeUnit.SECONDS);
    }
}
