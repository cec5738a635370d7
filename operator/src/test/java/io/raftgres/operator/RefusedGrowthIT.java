package io.raftgres.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimConditionBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.raftgres.operator.api.ApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A growth of a claim that the API server refuses, or that the storage fails, on a real API server. */
class RefusedGrowthIT {

    private static KubernetesClient client;
    private static String namespace;
    private static WiredOperator operator;

    @BeforeAll
    static void connect() throws Exception {
        client = ApiServer.connect();
        namespace = ApiServer.namespace(client, "op-growth-");
        operator = new WiredOperator(client, namespace);
        // No program provides volumes of this class: the test does.
        client.resource(new StorageClassBuilder()
                        .withNewMetadata()
                        .withName(namespace)
                        .endMetadata()
                        .withProvisioner("raftgres.io/test")
                        .withAllowVolumeExpansion(true)
                        .build())
                .create();
    }

    @AfterAll
    static void clean() {
        if (client != null) {
            client.namespaces().withName(namespace).delete();
            client.storage().v1().storageClasses().withName(namespace).delete();
            client.persistentVolumes().withLabel("test", namespace).delete();
            client.close();
        }
    }

    private static Resource<PersistentVolumeClaim> claim(String name) {
        return client.persistentVolumeClaims().inNamespace(namespace).withName("data-" + name + "-0");
    }

    private static String requested(String name) {
        return claim(name)
                .get()
                .getSpec()
                .getResources()
                .getRequests()
                .get("storage")
                .toString();
    }

    /** A cluster with one claim of 1 GiB that has its volume. */
    private static void bound(String name) throws Exception {
        operator.create(name, "{replicas: 1, storage: {data: {size: 1Gi, storageClassName: " + namespace + "}}}");
        operator.await(name, it -> claim(name).get() != null);
        client.resource(new PersistentVolumeBuilder()
                        .withNewMetadata()
                        .withName(namespace + "-" + name)
                        .withLabels(Map.of("test", namespace))
                        .endMetadata()
                        .withNewSpec()
                        .withStorageClassName(namespace)
                        .withCapacity(Map.of("storage", new Quantity("1Gi")))
                        .withAccessModes("ReadWriteOnce")
                        .withPersistentVolumeReclaimPolicy("Retain")
                        .withNewHostPath()
                        .withPath("/nowhere")
                        .endHostPath()
                        .withNewClaimRef()
                        .withNamespace(namespace)
                        .withName("data-" + name + "-0")
                        .endClaimRef()
                        .endSpec()
                        .build())
                .create();
        operator.await(name, it -> "Bound".equals(claim(name).get().getStatus().getPhase()));
    }

    @Test
    void aQuotaRefusesAGrowth_AllElseContinues_AndItIsTakenBack() throws Exception {
        bound("quota");
        client.resource(new ResourceQuotaBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName("space")
                        .endMetadata()
                        .withNewSpec()
                        .addToHard("requests.storage", new Quantity("5Gi"))
                        .endSpec()
                        .build())
                .create();
        operator.change("quota", "{storage: {data: {size: 50Gi}}, postgres: {settings: {work_mem: 9MB}}}");
        RaftCluster refused = operator.await(
                "quota",
                it -> WiredOperator.reconciled(it).getStatus().equals("False")
                        && WiredOperator.reconciled(it).getMessage().contains("exceeded quota"));
        assertTrue(
                WiredOperator.reconciled(refused).getMessage().contains("data-quota-0"),
                WiredOperator.reconciled(refused).getMessage());
        assertEquals("1Gi", requested("quota"));
        operator.await("quota", it -> settings().contains("9MB"));
        operator.change("quota", "{storage: {data: {size: 1Gi}}, postgres: {settings: {work_mem: 10MB}}}");
        operator.await("quota", it -> settings().contains("10MB"));
        assertEquals("1Gi", requested("quota"));
    }

    private static String settings() {
        return client.configMaps()
                .inNamespace(namespace)
                .withName("quota-postgres")
                .get()
                .getData()
                .toString();
    }

    @Test
    void aGrowthThatTheStorageFailsIsShown_AndTakenBack() throws Exception {
        bound("fails");
        operator.change("fails", "{storage: {data: {size: 3Gi}}}");
        operator.await(
                "fails",
                it -> requested("fails").equals(new Quantity("3221225472").toString())
                        || requested("fails").equals("3Gi"));
        PersistentVolumeClaim failing = claim("fails").get();
        failing.getStatus()
                .getConditions()
                .add(new PersistentVolumeClaimConditionBuilder()
                        .withType("ControllerResizeError")
                        .withStatus("True")
                        .withMessage("the pool is full")
                        .build());
        client.resource(failing).updateStatus();
        operator.await(
                "fails",
                it -> WiredOperator.condition(it, "Degraded")
                        .getMessage()
                        .contains("claim data-fails-0 does not grow (ControllerResizeError: the pool is full)"));
        operator.change("fails", "{storage: {data: {size: 2Gi}}}");
        operator.await(
                "fails",
                it -> Quantity.getAmountInBytes(new Quantity(requested("fails")))
                                .longValue()
                        == 2L << 30);
    }
}
