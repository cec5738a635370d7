package io.raftgres.operator.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import io.raftgres.operator.resource.Names;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Claims that an administrator restores have the right names, and not the operator's labels. */
class RestoredClaimsTest {

    private static final Names NAMES = new Names("n", "c");

    @Test
    void whenAllClaimsOfAFormedClusterAreGoneEveryPossibleNameIsSought() {
        List<String> sought = restored(true, Optional.empty()).sought();
        assertEquals(18, sought.size());
        assertTrue(sought.containsAll(List.of("data-c-0", "data-c-8", "log-c-0")), sought::toString);
    }

    @Test
    void beforeAClusterBeginsEveryPossibleNameIsSought_AndThenOnlyThoseThatItsPodsMount() {
        assertEquals(18, restored(false, false, Optional.empty()).sought().size());
        assertEquals(
                18,
                restored(false, false, Optional.empty(), "data-other").sought().size());
        assertEquals(6, restored(true, false, Optional.empty()).sought().size());
    }

    @Test
    void aClusterThatHasAllItsClaimsSeeksNone() {
        assertEquals(
                List.of(),
                restored(true, set(3), "data-c-0", "data-c-1", "data-c-2").sought());
    }

    @Test
    void oneThatIsMissingIsSoughtAlone() {
        assertEquals(
                List.of("data-c-1"),
                restored(true, set(0), "data-c-0", "data-c-2").sought());
    }

    private static RestoredClaims restored(boolean formed, Optional<StatefulSet> set, String... labelled) {
        return restored(true, formed, set, labelled);
    }

    private static RestoredClaims restored(
            boolean begun, boolean formed, Optional<StatefulSet> set, String... labelled) {
        RaftClusterSpec spec = Serialization.unmarshal(
                "replicas: 3\nstorage: {data: {size: 1Gi}, log: {size: 1Gi}}", RaftClusterSpec.class);
        return new RestoredClaims(NAMES, spec, begun, formed, Optional.of("k1"), set, claims(labelled));
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
