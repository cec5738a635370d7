package io.raftgres.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.raftgres.operator.api.ApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.plan.Step;
import jakarta.inject.Inject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The operator on a real API server, without machines: what is refused is in the status, and stops nothing else. */
class RefusedSpecsIT {

    private static final int ROUNDS_MAX = 40;

    private static KubernetesClient client;
    private static String namespace;
    private static RaftClusterReconciler reconciler;

    @BeforeAll
    static void connect() throws Exception {
        client = ApiServer.connect();
        namespace = ApiServer.namespace(client, "op-refused-");
        reconciler = wired();
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
        create("label", "{podLabels: {team: a b}}");
        RaftCluster refused = await("label", it -> reconciled(it).getStatus().equals("False"));
        assertRefused(refused, "StatefulSet label", "a valid label must be");
        assertNotNull(
                client.services().inNamespace(namespace).withName("label-peers").get());
        awaitEvent("CreateSetFailed", "a valid label must be");
        change("label", "{podLabels: {team: a}}");
        await("label", it -> reconciled(it).getStatus().equals("True"));
        assertNotNull(set("label"));
    }

    @Test
    void requestsOverTheLimitsOfAClusterThatExists() throws Exception {
        create("limits", "{replicas: 1}");
        await("limits", it -> set("limits") != null);
        change("limits", "{resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}}");
        RaftCluster refused = await("limits", it -> reconciled(it).getStatus().equals("False"));
        assertRefused(refused, "StatefulSet limits", "must be less than or equal to memory limit");
        awaitEvent("StatefulSetFailed", "must be less than or equal to memory limit");
        // The other objects follow the spec all the same.
        change("limits", "{postgres: {settings: {work_mem: 9MB}}}");
        await(
                "limits",
                it -> client.configMaps()
                        .inNamespace(namespace)
                        .withName("limits-postgres")
                        .get()
                        .getData()
                        .toString()
                        .contains("9MB"));
        change("limits", "{resources: {requests: {memory: 1Gi}}}");
        await("limits", it -> reconciled(it).getStatus().equals("True"));
    }

    @Test
    void aFractionOfAGibibyteIsRoundedUp() throws Exception {
        create("fraction", "{replicas: 1, storage: {data: {size: 1.1Gi}}}");
        await("fraction", it -> set("fraction") != null);
        assertEquals("True", reconciled(get("fraction")).getStatus());
        assertEquals(
                new Quantity("1181116007"),
                set("fraction")
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
        create("ours", "{replicas: 1}");
        RaftCluster cluster = await("ours", it -> set("ours") != null);
        assertEquals("NotOurs", reconciled(cluster).getReason());
        assertTrue(reconciled(cluster).getMessage().contains("Service ours exists already"));
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
            create("quota", "{replicas: 1}");
            RaftCluster refused =
                    await("quota", it -> reconciled(it).getMessage().contains("cannot create pod quota-0"));
            assertRefused(refused, "quota-0", "quota: no-claims");
        } finally {
            client.resourceQuotas().inNamespace(namespace).withName("no-claims").delete();
        }
    }

    @Test
    void aMonitorOfAnUnknownKind() throws Exception {
        create("monitor", "{replicas: 1, podMonitor: {enabled: true}}");
        assertRefused(
                await(
                        "monitor",
                        it -> set("monitor") != null
                                && reconciled(it).getStatus().equals("False")),
                "does not know PodMonitors");
    }

    /** It would be gone, and could not be created again. */
    @Test
    void aSetThatCannotBeCreatedAgainIsNotDeleted() throws Exception {
        create("again", "{replicas: 1}");
        await("again", it -> set("again") != null);
        StatefulSet before = set("again");
        Step step = new Step.RecreateSet(before.getMetadata().getUid(), "new claims are to be larger");
        Live live = reconciler.observer.look(get("again"));

        change("again", "{podLabels: {team: a b}}");
        KubernetesClientException refused =
                assertThrows(KubernetesClientException.class, () -> reconciler.steps.take(step, get("again"), live));
        assertTrue(refused.getMessage().contains("a valid label must be"), refused.getMessage());
        assertNull(set("again").getMetadata().getDeletionTimestamp());
        assertEquals(before.getMetadata().getUid(), set("again").getMetadata().getUid());

        change("again", "{podLabels: null}");
        reconciler.steps.take(step, get("again"), live);
        await(
                "again",
                it -> set("again") != null
                        && !uid("again").equals(before.getMetadata().getUid()));
        assertEquals(before.getSpec().getTemplate(), set("again").getSpec().getTemplate());
    }

    private static String uid(String set) {
        return set(set).getMetadata().getUid();
    }

    private static void assertRefused(RaftCluster cluster, String... words) {
        assertEquals(
                "Refused", reconciled(cluster).getReason(), reconciled(cluster).getMessage());
        for (String word : words) {
            assertTrue(
                    reconciled(cluster).getMessage().contains(word),
                    reconciled(cluster).getMessage());
        }
    }

    private static Condition reconciled(RaftCluster cluster) {
        return Optional.ofNullable(cluster.getStatus()).stream()
                .flatMap(status -> status.conditions().stream())
                .filter(it -> it.getType().equals("Reconciled"))
                .findFirst()
                .orElseGet(() -> {
                    Condition none = new Condition();
                    none.setStatus("Unknown");
                    none.setMessage("");
                    return none;
                });
    }

    private static void awaitEvent(String reason, String words) {
        assertTrue(client.v1().events().inNamespace(namespace).list().getItems().stream()
                .anyMatch(event -> reason.equals(event.getReason())
                        && event.getMessage().contains(words)
                        && event.getType().equals("Warning")));
    }

    private static StatefulSet set(String name) {
        return client.apps()
                .statefulSets()
                .inNamespace(namespace)
                .withName(name)
                .get();
    }

    private static RaftCluster get(String name) {
        return client.resources(RaftCluster.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
    }

    private static void create(String name, String spec) {
        RaftCluster cluster = new RaftCluster();
        cluster.setMetadata(
                new ObjectMetaBuilder().withNamespace(namespace).withName(name).build());
        cluster.setSpec(client.getKubernetesSerialization().convertValue(yaml(spec), RaftClusterSpec.class));
        client.resource(cluster).create();
    }

    /** A text that begins with a brace would be read as JSON. */
    private static Object yaml(String spec) {
        return Serialization.unmarshal("spec: " + spec, Map.class).get("spec");
    }

    private static void change(String name, String spec) {
        client.resources(RaftCluster.class)
                .inNamespace(namespace)
                .withName(name)
                .patch(PatchContext.of(PatchType.JSON_MERGE), Serialization.asJson(Map.of("spec", yaml(spec))));
    }

    /** Reconciles as the framework does, until the cluster is as it is to be. */
    private static RaftCluster await(String name, Predicate<RaftCluster> condition) throws Exception {
        for (int round = 0; round < ROUNDS_MAX; round++) {
            RaftCluster cluster = get(name);
            if (condition.test(cluster)) {
                return cluster;
            }
            reconciler.reconcile(cluster, null);
            TimeUnit.MILLISECONDS.sleep(250);
        }
        throw new AssertionError("still: " + Serialization.asYaml(get(name)));
    }

    // What the container of Quarkus does

    private static RaftClusterReconciler wired() throws ReflectiveOperationException {
        Map<Class<?>, Object> beans = new HashMap<>();
        beans.put(KubernetesClient.class, client);
        beans.put(MeterRegistry.class, new SimpleMeterRegistry());
        beans.put(OperatorConfig.class, new OperatorConfig() {
            @Override
            public String nodeImage() {
                return "node:1";
            }

            @Override
            public Optional<String> namespace() {
                return Optional.of("ns");
            }

            @Override
            public String lease() {
                return "lease";
            }
        });
        return (RaftClusterReconciler) bean(RaftClusterReconciler.class, beans);
    }

    private static Object bean(Class<?> type, Map<Class<?>, Object> beans) throws ReflectiveOperationException {
        if (beans.containsKey(type)) {
            return beans.get(type);
        }
        Constructor<?> constructor = type.getConstructors()[0];
        Object[] arguments = new Object[constructor.getParameterCount()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = bean(constructor.getParameterTypes()[i], beans);
        }
        Object bean = constructor.newInstance(arguments);
        beans.put(type, bean);
        for (Field field : type.getDeclaredFields()) {
            if (field.isAnnotationPresent(Inject.class)) {
                field.setAccessible(true);
                field.set(bean, bean(field.getType(), beans));
            }
        }
        return bean;
    }
}
