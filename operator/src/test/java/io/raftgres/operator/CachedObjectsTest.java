package io.raftgres.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.resource.Names;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A cache shows the objects that have the cluster's label now. */
class CachedObjectsTest {

    private final Pod ours = pod("c-0", "c");
    private final Pod setAside = pod("c-1", "aside");

    /** The framework lists a pod under the former value of its label, too. */
    @Test
    void aPodWhoseLabelNamesAnotherClusterNowIsNotShown() {
        CachedObjects cached = new CachedObjects(context(ours, setAside));
        assertEquals(List.of(ours), cached.all(Pod.class));
        assertEquals(Optional.of(ours), cached.get(Pod.class, "c-0"));
        assertEquals(Optional.empty(), cached.get(Pod.class, "c-1"));
    }

    @SuppressWarnings("unchecked")
    private static Context<RaftCluster> context(Pod... pods) {
        RaftCluster cluster = new RaftCluster();
        cluster.setMetadata(
                new ObjectMetaBuilder().withNamespace("n").withName("c").build());
        return (Context<RaftCluster>) Proxy.newProxyInstance(
                CachedObjectsTest.class.getClassLoader(),
                new Class<?>[] {Context.class},
                (self, method, arguments) -> switch (method.getName()) {
                    case "getPrimaryResource" -> cluster;
                    case "getSecondaryResourcesAsStream" -> Stream.of(pods);
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private static Pod pod(String name, String cluster) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("n")
                .withName(name)
                .withLabels(Map.of(Names.CLUSTER_LABEL, cluster))
                .endMetadata()
                .build();
    }
}
