package io.raftgres.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.raftgres.operator.api.ApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.plan.Step;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The operator on a real API server, without machines: what is refused is in the status, and stops nothing else. */
class RefusedSpecsIT {

    private static KubernetesClient client;
    private static String namespace;
    private static WiredOperator operator;

    @BeforeAll
    static void connect() throws Exception {
        client = ApiServer.connect();
        namespace = ApiServer.namespace(client, "op-refused-");
        operator = new WiredOperator(client, namespace);
    }

    @AfterAll
    static void clean() {
        if (client != null) {
            client.namespaces().withName(namespace).delete();
            client.close();
        }
    }

    @Test
    void aNewClusterWithABadLabel() throws Exception {
        operator.create("label", "{podLabels: {team: a b}}");
        RaftCluster refused = operator.await(
                "label", it -> WiredOperator.reconciled(it).getStatus().equals("False"));
        assertRefused(refused, "StatefulSet label", "a valid label must be");
        assertNotNull(
                client.services().inNamespace(namespace).withName("label-peers").get());
        awaitEvent("CreateSetFailed", "a valid label must be");
        operator.change("label", "{podLabels: {team: a}}");
        operator.await("label", it -> WiredOperator.reconciled(it).getStatus().equals("True"));
        assertNotNull(operator.set("label"));
    }

    @Test
    void requestsOverTheLimitsOfAClusterThatExists() throws Exception {
        operator.create("limits", "{replicas: 1}");
        operator.await("limits", it -> operator.set("limits") != null);
        operator.change("limits", "{resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}}");
        RaftCluster refused = operator.await(
                "limits", it -> WiredOperator.reconciled(it).getStatus().equals("False"));
        assertRefused(refused, "StatefulSet limits", "must be less than or equal to memory limit");
        awaitEvent("StatefulSetFailed", "must be less than or equal to memory limit");
        // The other objects follow the spec all the same.
        operator.change("limits", "{postgres: {settings: {work_mem: 9MB}}}");
        operator.await(
                "limits",
                it -> client.configMaps()
                        .inNamespace(namespace)
                        .withName("limits-postgres")
                        .get()
                        .getData()
                        .toString()
                        .contains("9MB"));
        operator.change("limits", "{resources: {requests: {memory: 1Gi}}}");
        operator.await("limits", it -> WiredOperator.reconciled(it).getStatus().equals("True"));
    }

    @Test
    void aFractionOfAGibibyteIsRoundedUp() throws Exception {
        operator.create("fraction", "{replicas: 1, storage: {data: {size: 1.1Gi}}}");
        operator.await("fraction", it -> operator.set("fraction") != null);
        assertEquals("True", WiredOperator.reconciled(operator.get("fraction")).getStatus());
        assertEquals(
                new Quantity("1181116007"),
                operator.set("fraction")
                        .getSpec()
                        .getVolumeClaimTemplates()
                        .getFirst()
                        .getSpec()
                        .getResources()
                        .getRequests()
                        .get("storage"));
    }

    @Test
    void anObjectOfAnotherOwnerStopsNoOther() throws Exception {
        client.services()
                .inNamespace(namespace)
                .resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withName("ours")
                        .endMetadata()
                        .withNewSpec()
                        .withClusterIP("None")
                        .endSpec()
                        .build())
                .create();
        operator.create("ours", "{replicas: 1}");
        RaftCluster cluster = operator.await("ours", it -> operator.set("ours") != null);
        assertEquals("NotOurs", WiredOperator.reconciled(cluster).getReason());
        assertTrue(WiredOperator.reconciled(cluster).getMessage().contains("Service ours exists already"));
    }

    @Test
    void aPodThatKubernetesCannotCreate() throws Exception {
        client.resourceQuotas()
                .inNamespace(namespace)
                .resource(new ResourceQuotaBuilder()
                        .withNewMetadata()
                        .withName("no-claims")
                        .endMetadata()
                        .withNewSpec()
                        .addToHard("count/persistentvolumeclaims", new Quantity("0"))
                        .endSpec()
                        .build())
                .create();
        try {
            operator.create("quota", "{replicas: 1}");
            RaftCluster refused = operator.await(
                    "quota", it -> WiredOperator.reconciled(it).getMessage().contains("cannot create pod quota-0"));
            assertRefused(refused, "quota-0", "quota: no-claims");
        } finally {
            client.resourceQuotas().inNamespace(namespace).withName("no-claims").delete();
        }
    }

    @Test
    void aMonitorOfAnUnknownKind() throws Exception {
        operator.create("monitor", "{replicas: 1, podMonitor: {enabled: true}}");
        assertRefused(
                operator.await(
                        "monitor",
                        it -> operator.set("monitor") != null
                                && WiredOperator.reconciled(it).getStatus().equals("False")),
                "does not know PodMonitors");
    }

    /** It would be gone, and could not be created again. */
    @Test
    void aSetThatCannotBeCreatedAgainIsNotDeleted() throws Exception {
        operator.create("again", "{replicas: 1}");
        operator.await("again", it -> operator.set("again") != null);
        StatefulSet before = operator.set("again");
        Step step = new Step.RecreateSet(before.getMetadata().getUid(), "new claims are to be larger");
        Live live = operator.reconciler.observer.look(operator.get("again"));

        operator.change("again", "{podLabels: {team: a b}}");
        KubernetesClientException refused = assertThrows(
                KubernetesClientException.class,
                () -> operator.reconciler.steps.take(step, operator.get("again"), live));
        assertTrue(refused.getMessage().contains("a valid label must be"), refused.getMessage());
        assertNull(operator.set("again").getMetadata().getDeletionTimestamp());
        assertEquals(
                before.getMetadata().getUid(),
                operator.set("again").getMetadata().getUid());

        operator.change("again", "{podLabels: null}");
        operator.reconciler.steps.take(step, operator.get("again"), live);
        operator.await(
                "again",
                it -> Optional.ofNullable(operator.set("again"))
                        .filter(set -> !set.getMetadata()
                                .getUid()
                                .equals(before.getMetadata().getUid()))
                        .isPresent());
        assertEquals(
                before.getSpec().getTemplate(), operator.set("again").getSpec().getTemplate());
    }

    private static void assertRefused(RaftCluster cluster, String... words) {
        assertEquals(
                "Refused",
                WiredOperator.reconciled(cluster).getReason(),
                WiredOperator.reconciled(cluster).getMessage());
        for (String word : words) {
            assertTrue(
                    WiredOperator.reconciled(cluster).getMessage().contains(word),
                    WiredOperator.reconciled(cluster).getMessage());
        }
    }

    private static void awaitEvent(String reason, String words) {
        assertTrue(client.v1().events().inNamespace(namespace).list().getItems().stream()
                .anyMatch(event -> reason.equals(event.getReason())
                        && event.getMessage().contains(words)
                        && event.getType().equals("Warning")));
    }
}
