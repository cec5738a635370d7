package io.raftgres.operator.apply;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NamespaceableResource;
import io.fabric8.kubernetes.client.dsl.WritableOperation;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.resource.Clusters;
import io.raftgres.operator.resource.StatefulSets;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;

/** A StatefulSet is deleted only if it can be created again, and its pods are not restarted for that. */
class SetRecreationTest {

    private static final RaftCluster BEFORE = Clusters.with("storage: {data: {size: 1Gi}, onDelete: Retain}");
    private static final RaftCluster GROWN = Clusters.with("storage: {data: {size: 2Gi}, onDelete: Retain}");
    private static final RaftCluster CHANGED =
            Clusters.with("storage: {data: {size: 2Gi}, onDelete: Retain}\npodLabels: {a: b}");

    /** As an older operator has built it. */
    private final StatefulSet live = new StatefulSetBuilder(Clusters.set(BEFORE))
            .editMetadata()
            .addToAnnotations(StatefulSets.BUILD, "older")
            .endMetadata()
            .editSpec()
            .editTemplate()
            .editMetadata()
            .addToAnnotations("older", "yes")
            .endMetadata()
            .endTemplate()
            .endSpec()
            .build();

    private KubernetesClientException response = error(409, "AlreadyExists", "it is there");
    private StatefulSet asked;
    private final SetRecreation recreation = new SetRecreation();

    SetRecreationTest() {
        WritableOperation<?> writable = stub(WritableOperation.class, (self, method, arguments) -> {
            assertEquals("create", method.getName());
            throw response;
        });
        NamespaceableResource<?> resource = stub(NamespaceableResource.class, (self, method, arguments) -> {
            assertEquals("dryRun", method.getName());
            return writable;
        });
        recreation.client = stub(KubernetesClient.class, (self, method, arguments) -> {
            asked = (StatefulSet) arguments[0];
            return resource;
        });
    }

    private static KubernetesClientException error(int code, String reason, String message) {
        return new KubernetesClientException(
                message, code, new StatusBuilder().withReason(reason).build());
    }

    private static <T> T stub(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    @Test
    void theTemplateOfTheSameSpecStays() {
        recreation.prepare(GROWN, live, Clusters.set(GROWN));
        StatefulSet again = recreation.wanted(GROWN, Clusters.set(GROWN));
        assertEquals(again, asked);
        assertEquals(live.getSpec().getTemplate(), again.getSpec().getTemplate());
        assertEquals("older", again.getMetadata().getAnnotations().get(StatefulSets.BUILD));
        assertEquals(
                Clusters.set(GROWN).getSpec().getVolumeClaimTemplates(),
                again.getSpec().getVolumeClaimTemplates());
    }

    @Test
    void anotherSpecHasItsOwnTemplate() {
        recreation.prepare(GROWN, live, Clusters.set(GROWN));
        assertEquals(Clusters.set(CHANGED), recreation.wanted(CHANGED, Clusters.set(CHANGED)));
    }

    @Test
    void afterTheCreationNothingIsKept() {
        recreation.prepare(GROWN, live, Clusters.set(GROWN));
        recreation.created(GROWN);
        assertEquals(Clusters.set(GROWN), recreation.wanted(GROWN, Clusters.set(GROWN)));
    }

    /** Where a quota allowed no further StatefulSet, claims grew and the claim template never did. */
    @Test
    void aQuotaThatTheSetItselfFillsRefusesNothing() {
        response = error(403, "Forbidden", quota("count/statefulsets.apps", 2, 2));
        assertDoesNotThrow(() -> recreation.prepare(GROWN, live, Clusters.set(GROWN)));
    }

    private static String quota(String resource, int used, int limit) {
        return "statefulsets.apps \"c\" is forbidden: exceeded quota: sets, requested: %s=1, used: %s=%d, limited: %s=%d"
                .formatted(resource, resource, used, resource, limit);
    }

    @Test
    void aSetThatCannotBeCreatedAgainIsRefused() {
        response = error(403, "Forbidden", quota("count/statefulsets.apps", 3, 2));
        assertEquals(
                response,
                assertThrows(
                        KubernetesClientException.class, () -> recreation.prepare(GROWN, live, Clusters.set(GROWN))));
        response = error(403, "Forbidden", quota("count/pods", 2, 2));
        assertThrows(KubernetesClientException.class, () -> recreation.prepare(GROWN, live, Clusters.set(GROWN)));
        response = error(403, "Forbidden", "a webhook denied the request: exceeded quota");
        assertThrows(KubernetesClientException.class, () -> recreation.prepare(GROWN, live, Clusters.set(GROWN)));
        response = error(409, "Conflict", "the quota has changed");
        assertThrows(KubernetesClientException.class, () -> recreation.prepare(GROWN, live, Clusters.set(GROWN)));
        response = error(409, "AlreadyExists", "it is there");
        assertDoesNotThrow(() -> recreation.prepare(GROWN, live, Clusters.set(GROWN)));
    }
}
