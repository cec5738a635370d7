package io.raftgres.operator.resource;

import static io.raftgres.operator.resource.Clusters.plain;
import static io.raftgres.operator.resource.Clusters.set;
import static io.raftgres.operator.resource.Clusters.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The StatefulSet of a cluster. */
class StatefulSetsTest {

    /** So no claim exists that does not say as which cluster its member begins. */
    @Test
    void theClaimsOfANewClusterSayHowItBegan() {
        StatefulSet set = StatefulSets.begun(set(plain()), "3 n/c/u");
        assertEquals(
                Map.of(BootstrapConfig.BEGUN_AS, "3 n/c/u"),
                set.getSpec().getVolumeClaimTemplates().getFirst().getMetadata().getAnnotations());
    }

    @Test
    void onlyTheOperatorSaysWhenAPodOrAClaimGoes() {
        StatefulSet set = set(plain());
        assertEquals("OnDelete", set.getSpec().getUpdateStrategy().getType());
        assertEquals("Parallel", set.getSpec().getPodManagementPolicy());
        assertEquals(
                "Retain",
                set.getSpec().getPersistentVolumeClaimRetentionPolicy().getWhenScaled());
        assertEquals(
                "Retain",
                set.getSpec().getPersistentVolumeClaimRetentionPolicy().getWhenDeleted());
    }

    @Test
    void aChangeOfSettingsChangesThePod_AChangeOfReplicasDoesNot() {
        String before = StatefulSets.templateOf(plain(), "node:1");
        assertEquals(before, StatefulSets.templateOf(with("replicas: 5"), "node:1"));
        RaftCluster tuned = with("postgres: {image: 'postgres:18', settings: {work_mem: \"it's 8MB\"}}");
        assertNotEquals(before, StatefulSets.templateOf(tuned, "node:1"));
        assertNotEquals(
                set(plain()).getSpec().getTemplate(), set(tuned).getSpec().getTemplate());
        assertTrue(Configs.postgres(tuned).getData().get("postgresql.conf").endsWith("work_mem = 'it''s 8MB'\n"));
    }
}
