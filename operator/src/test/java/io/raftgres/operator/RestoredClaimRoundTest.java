package io.raftgres.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.raftgres.operator.api.FakeApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus;
import io.raftgres.operator.resource.BootstrapConfig;
import io.raftgres.operator.resource.Clusters;
import io.raftgres.operator.resource.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whole rounds of the operator next to a claim that an administrator has restored and labelled by hand. */
class RestoredClaimRoundTest {

    private final FakeApiServer api = new FakeApiServer();
    private final List<RaftClusterStatus> written = new ArrayList<>();
    private final OperatorBeans operator = new OperatorBeans(api, written::add);
    private final RaftClusterReconciler reconciler;
    private final RaftCluster cluster = Clusters.plain();

    RestoredClaimRoundTest() throws Exception {
        cluster.getMetadata().setGeneration(1L);
        api.put(cluster);
        reconciler = operator.reconciler();
    }

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void nothingBeginsUntilItHasAnId_AndThenItsClusterContinues() throws Exception {
        claim(Map.of());
        reconciler.reconcile(cluster, null);
        assertEquals(List.of(), api.writes());
        Condition reconciled = written.getLast().conditions().stream()
                .filter(it -> it.getType().equals("Reconciled"))
                .findFirst()
                .orElseThrow();
        assertEquals("NotOurs", reconciled.getReason());
        assertTrue(reconciled.getMessage().contains("kubectl annotate pvc data-c-0"), reconciled::getMessage);
        assertTrue(api.events().getFirst().contains("kubectl annotate pvc data-c-0"), () -> api.events().toString());
        assertEquals(
                1,
                operator.registry()
                        .get("raftgres.operator.refused.writes")
                        .tag("kind", "PersistentVolumeClaim")
                        .gauge()
                        .value());

        claim(Map.of(Names.CLUSTER_ID, "k1"));
        reconciler.reconcile(cluster, null);
        BootstrapConfig begun = BootstrapConfig.of(api.client()
                .configMaps()
                .inNamespace("ns")
                .withName("c-bootstrap")
                .get());
        assertTrue(begun.formed(), "members without data join");
        assertEquals("k1", begun.clusterId().orElseThrow());
        assertFalse(operator.registry().getMeters().stream()
                .anyMatch(it -> it.getId().getName().equals("raftgres.operator.refused.writes")));
    }

    private void claim(Map<String, String> annotations) {
        PersistentVolumeClaim claim = new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withNamespace("ns")
                .withName("data-c-0")
                .addToLabels(Names.CLUSTER_LABEL, "c")
                .withAnnotations(annotations)
                .endMetadata()
                .withNewSpec()
                .withNewResources()
                .addToRequests("storage", new Quantity("1Gi"))
                .endResources()
                .endSpec()
                .build();
        api.put(claim);
    }
}
