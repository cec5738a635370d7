package io.raftgres.operator.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.raftgres.operator.resource.Names;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Claims that an administrator restores have the right names, and not the operator's labels. */
class RestoredClaimsTest {

    private static final Names NAMES = new Names("n", "c");

    @Test
    void whenAllClaimsAreGoneEveryPossibleNameIsSought() {
        List<String> sought = RestoredClaims.sought(NAMES, Optional.empty(), List.of(), List.of());
        assertEquals(18, sought.size());
        assertTrue(sought.containsAll(List.of("data-c-0", "data-c-8", "log-c-0")), sought::toString);
    }

    @Test
    void aClusterThatHasAllItsClaimsSeeksNone() {
        assertEquals(
                List.of(), RestoredClaims.sought(NAMES, set(3), List.of(), claims("data-c-0", "data-c-1", "data-c-2")));
    }

    @Test
    void oneThatIsMissingIsSoughtAlone() {
        assertEquals(
                List.of("data-c-1"), RestoredClaims.sought(NAMES, set(0), List.of(), claims("data-c-0", "data-c-2")));
    }

    @Test
    void claimsOfAnotherClusterAreLeftAlone() {
        assertFalse(RestoredClaims.isLabelled(claims("data-c-0").getFirst()));
        PersistentVolumeClaim other = new PersistentVolumeClaimBuilder(
                        claims("data-c-0").getFirst())
                .editMetadata()
                .addToLabels(Names.CLUSTER_LABEL, "other")
                .endMetadata()
                .build();
        assertTrue(RestoredClaims.isLabelled(other));
    }

    private static Optional<StatefulSet> set(int replicas) {
        return Optional.of(new StatefulSetBuilder()
                .withNewSpec()
                .withReplicas(replicas)
                .addNewVolumeClaimTemplate()
                .withNewMetadata()
                .withName("data")
                .endMetadata()
                .endVolumeClaimTemplate()
                .endSpec()
                .build());
    }

    private static List<PersistentVolumeClaim> claims(String... names) {
        return Stream.of(names)
                .map(name -> new PersistentVolumeClaimBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .toList();
    }
}
