package io.raftgres.operator.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.raft.NodeResponse;
import io.raftgres.operator.raft.NodeResponse.ClusterView;
import io.raftgres.operator.raft.NodeResponse.Member;
import io.raftgres.operator.resource.BootstrapConfig;
import io.raftgres.operator.resource.StatefulSets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which images of a spec reach the pods of a cluster that runs others. */
class ImageCheckTest {

    private static final String NINE = "raftgres/node:0.9.2";
    private static final String DIGEST = "@sha256:" + "a".repeat(64);

    private static RaftCluster cluster(String node, String postgres) {
        return Serialization.unmarshal("""
                apiVersion: raftgres.io/v1alpha1
                kind: RaftCluster
                metadata: {name: c, namespace: ns, uid: u-1, annotations: {a: b}}
                spec:
                  replicas: 3
                  image: %s
                  resources: {requests: {memory: 1Gi}, limits: {memory: 1.5Gi}}
                  storage: {data: {size: 1Gi}, onDelete: Retain}
                  postgres: {image: '%s', settings: {work_mem: 4MB}}
                  history: {revisions: 10, time: 1h}
                  scheduling: {spread: Preferred}
                  podLabels: {team: x}
                """.formatted(node, postgres), RaftCluster.class);
    }

    private static Live live(StatefulSet set, String version, Pod... pods) {
        NodeResponse response = new NodeResponse.View(new ClusterView(
                "k1",
                "id0",
                4,
                null,
                List.of(new Member(
                        "id0",
                        "c-0",
                        "follower",
                        true,
                        9,
                        4L,
                        9L,
                        9,
                        0,
                        "serving",
                        List.of(),
                        version,
                        "http://c-0:8081"))));
        return new Live(
                Optional.empty(),
                Optional.ofNullable(set),
                List.of(pods),
                List.of(),
                Optional.empty(),
                Set.of(),
                version == null ? Map.of() : Map.of("c-0", response));
    }

    private static StatefulSet set(String node, String postgres) {
        return StatefulSets.build(cluster(node, postgres), node, 3, false);
    }

    private static ImageCheck check(String node, String postgres) {
        return ImageCheck.of(cluster(node, postgres), live(set(NINE, "postgres:18.4"), "0.9.2"));
    }

    private static void refused(ImageCheck check, String... words) {
        String refusal = check.policy().refusal().orElseThrow();
        for (String word : words) {
            assertTrue(refusal.contains(word), () -> "'" + word + "' in: " + refusal);
        }
    }

    @Test
    void aReleaseThatSkipsOthersOrIsOlderIsRefused() {
        ImageCheck skips = check("raftgres/node:0.12.0", "postgres:18.6");
        refused(skips, "spec.image is refused, and no pod gets it", "0.9.2", "0.12.0", "go to release 0.10 first");
        assertEquals(NINE, skips.accepted().getSpec().image());
        assertEquals("postgres:18.6", skips.accepted().getSpec().postgres().image());
        refused(check("raftgres/node:0.8.0", "postgres:18.6"), "may not read", "The pods keep " + NINE);
        for (String allowed : List.of(NINE, "raftgres/node:0.10.1", "raftgres/node:dev", "raftgres/node" + DIGEST)) {
            assertEquals(
                    Optional.empty(), check(allowed, "postgres:18.6").policy().refusal(), allowed);
        }
    }

    @Test
    void anotherMajorVersionOfPostgresIsRefused() {
        ImageCheck check = check("raftgres/node:0.10.0", "postgres:19.1-alpine");
        refused(check, "PostgreSQL 19", "cannot read the data of PostgreSQL 18", "Set it back to postgres:18.4");
        assertEquals("postgres:18.4", check.accepted().getSpec().postgres().image());
        assertEquals("raftgres/node:0.10.0", check.accepted().getSpec().image());
        // The pod itself refuses then, by PG_VERSION in its data.
        assertEquals(Optional.empty(), check(NINE, "postgres" + DIGEST).policy().refusal());
    }

    /** Otherwise a wrong version in the first spec could be corrected only with an annotation. */
    @Test
    void beforePostgresHasRunTheMajorVersionMayBeCorrected() {
        RaftCluster corrected = cluster(NINE, "postgres:18.6");
        StatefulSet wrong = set(NINE, "postgres:17.2");
        assertEquals(Optional.empty(), forming(corrected, wrong).policy().refusal());
        ContainerStatusBuilder postgres = new ContainerStatusBuilder().withName("postgres");
        Pod waits = pod(postgres.withNewState()
                .withNewWaiting()
                .withReason("ImagePullBackOff")
                .endWaiting()
                .endState()
                .build());
        assertEquals(Optional.empty(), forming(corrected, wrong, waits).policy().refusal());
        Pod ran = pod(postgres.withNewLastState()
                .withNewTerminated()
                .endTerminated()
                .endLastState()
                .build());
        refused(forming(corrected, wrong, waits, ran), "cannot read the data of PostgreSQL 17");
    }

    private static Pod pod(ContainerStatus status) {
        return new PodBuilder()
                .withNewMetadata()
                .endMetadata()
                .withNewStatus()
                .withContainerStatuses(status)
                .endStatus()
                .build();
    }

    private static ImageCheck forming(RaftCluster cluster, StatefulSet set, Pod... pods) {
        BootstrapConfig begun = BootstrapConfig.initial(cluster, Optional.empty(), false, NINE, false);
        return ImageCheck.of(
                cluster,
                new Live(
                        Optional.of(begun),
                        Optional.of(set),
                        List.of(pods),
                        List.of(),
                        Optional.empty(),
                        Set.of(),
                        Map.of()));
    }

    /** Then the pods keep their template: a refusal must not restart them. */
    @Test
    void theAcceptedClusterDiffersOnlyInItsImages() {
        RaftCluster asked = cluster("raftgres/node:0.12.0", "postgres:19");
        RaftCluster accepted =
                ImageCheck.of(asked, live(set(NINE, "postgres:18.4"), "0.9.2")).accepted();
        assertEquals(
                StatefulSets.templateOf(set(NINE, "postgres:18.4")),
                StatefulSets.templateOf(accepted, accepted.getSpec().image()));
        assertEquals(asked.getMetadata(), accepted.getMetadata());
    }

    @Test
    void anAdministratorMayAllowAnImage() {
        RaftCluster asked = cluster("raftgres/node:0.12.0", "postgres:19");
        asked.getMetadata().setAnnotations(Map.of(ImageCheck.ALLOW, "raftgres/node:0.12.0, postgres:19"));
        ImageCheck check = ImageCheck.of(asked, live(set(NINE, "postgres:18.4"), "0.9.2"));
        assertEquals(Optional.empty(), check.policy().refusal());
        assertTrue(check.policy().allowed());
        asked.getMetadata().setAnnotations(Map.of(ImageCheck.ALLOW, "raftgres/node:0.13.0"));
        assertFalse(ImageCheck.of(asked, live(set(NINE, "postgres:18.4"), "0.9.2"))
                .policy()
                .allowed());
    }

    /** Such as a date: then it says nothing of the release. */
    @Test
    void aTagThatIsNotTheReleaseThatRunsIsNotBelieved() {
        StatefulSet dated = set("my/node:2026.10.30", "postgres:18.4");
        RaftCluster asked = cluster("my/node:2026.11.30", "postgres:18.4");
        assertEquals(
                Optional.empty(),
                ImageCheck.of(asked, live(dated, "0.9.2")).policy().refusal());
    }

    @Test
    void withoutNodesTheLastKnownReleaseCounts() {
        RaftCluster asked = cluster("raftgres/node:0.12.0", "postgres:18.4");
        StatefulSet set = set(NINE, "postgres:18.4");
        assertEquals(
                Optional.empty(), ImageCheck.of(asked, live(set, null)).policy().refusal());
        asked.setStatus(Serialization.unmarshal(
                "{\"version\":\"0.9.2\"}", io.raftgres.operator.api.v1alpha1.RaftClusterStatus.class));
        refused(ImageCheck.of(asked, live(set, null)), "the nodes run release 0.9.2");
    }

    /** A StatefulSet that is being recreated must not get the image either. */
    @Test
    void withoutAStatefulSetThePodsShowTheImagesInForce() {
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withName("c-0")
                .endMetadata()
                .withSpec(set(NINE, "postgres:18.4").getSpec().getTemplate().getSpec())
                .build();
        RaftCluster asked = cluster("raftgres/node:0.12.0", "postgres:19");
        refused(ImageCheck.of(asked, live(null, "0.9.2", pod)), "0.12.0", "PostgreSQL 19");
        // A new cluster may begin with any.
        assertEquals(
                Optional.empty(),
                ImageCheck.of(asked, live(null, null)).policy().refusal());
    }
}
