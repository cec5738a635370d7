package io.raftgres.operator.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.raftgres.operator.resource.BootstrapConfig;
import io.raftgres.operator.resource.Names;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** An empty cluster begins only where no claim may have data. */
class ClusterOriginTest {

    private static final Map<String, String> BEGUN = Map.of(BootstrapConfig.BEGUN_AS, "3 n/c/u-0");
    private static final Map<String, String> OTHER = Map.of(BootstrapConfig.BEGUN_AS, "3 n/c/u-9");
    private static final Map<String, String> FORMED =
            Map.of(BootstrapConfig.BEGUN_AS, "3 n/c/u-0", Names.CLUSTER_ID, "k1");
    private static final Map<String, String> ID_NOT_KNOWN = Map.of(Names.CLUSTER_ID, "");

    @Test
    void withoutClaimsAnEmptyClusterBegins() {
        assertEquals(new ClusterOrigin.Empty(), origin());
        assertEquals(new ClusterOrigin.Empty(), origin(claim("data-other", Map.of())));
    }

    @Test
    void oneClaimWithAnIdIsTheDataOfThatCluster() {
        assertEquals(
                new ClusterOrigin.Data(Optional.of("k1")),
                origin(claim("data-c-0", BEGUN), claim("data-c-1", FORMED), claim("data-c-2", Map.of())));
        assertEquals(new ClusterOrigin.Data(Optional.empty()), origin(claim("data-c-0", ID_NOT_KNOWN)));
        assertEquals(
                new ClusterOrigin.Data(Optional.of("k1")),
                origin(claim("data-c-0", ID_NOT_KNOWN), claim("data-c-1", FORMED)));
    }

    @Test
    void claimsOfDifferentClustersBeginNothing() {
        unknown(
                "belongs to a RaftCluster whose claims have the data of different clusters, by their annotation"
                        + " raftgres.io/cluster-id: 'k1' on data-c-0; 'k9' on data-c-1",
                claim("data-c-0", FORMED),
                claim("data-c-1", Map.of(Names.CLUSTER_ID, "k9")));
    }

    /** A RaftCluster that was deleted before it had a leader, for example because its image could not be pulled. */
    @Test
    void allClaimsOfAClusterWithoutALeaderBeginAgainAsThatCluster() {
        ClusterOrigin.Unformed again = new ClusterOrigin.Unformed("3 n/c/u-0");
        assertEquals(again, origin(claim("data-c-0", BEGUN), claim("data-c-1", BEGUN), claim("data-c-2", BEGUN)));
        BootstrapConfig config = BootstrapConfig.again(again.begunAs(), "node:1", false);
        assertEquals(new BootstrapConfig(3, false, Optional.empty(), "n/c/u-0", "node:1", false), config);
        assertEquals(Optional.of("3 n/c/u-0"), config.begunAs());
    }

    @Test
    void ifOneOfThemIsMissingNothingBegins() {
        String why = "The cluster began also with ";
        unknown(why + "data-c-1, which", claim("data-c-0", BEGUN), claim("data-c-2", BEGUN));
        unknown(
                why + "log-c-0, log-c-1, which",
                claim("data-c-0", BEGUN),
                claim("data-c-1", BEGUN),
                claim("data-c-2", BEGUN),
                claim("log-c-2", BEGUN));
        unknown(
                "The members began as different clusters",
                claim("data-c-0", BEGUN),
                claim("data-c-1", OTHER),
                claim("data-c-2", BEGUN));
        unknown("The members began", claim("data-c-0", Map.of(BootstrapConfig.BEGUN_AS, "x")));
    }

    @Test
    void aLabelAloneSaysNothingAboutTheData() {
        unknown(
                "has the label raftgres.io/cluster, and no annotation raftgres.io/cluster-id. Nothing says which",
                claim("data-c-0", Map.of()));
        unknown("kubectl annotate pvc data-c-1 raftgres", claim("data-c-0", BEGUN), claim("data-c-1", Map.of()));
    }

    @Test
    void aClaimThatIsBeingDeletedIsNotAsked() {
        PersistentVolumeClaim going = claim("data-c-0", Map.of());
        going.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        assertEquals(new ClusterOrigin.Empty(), origin(going));
    }

    private static void unknown(String sentence, PersistentVolumeClaim... claims) {
        ClusterOrigin.Unknown unknown = assertInstanceOf(ClusterOrigin.Unknown.class, origin(claims));
        assertTrue(unknown.sentence().contains(sentence), unknown.sentence());
    }

    private static ClusterOrigin origin(PersistentVolumeClaim... claims) {
        return ClusterOrigin.of(new Names("n", "c"), List.copyOf(Arrays.asList(claims)));
    }

    private static PersistentVolumeClaim claim(String name, Map<String, String> annotations) {
        return new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withName(name)
                .withAnnotations(annotations)
                .endMetadata()
                .build();
    }
}
