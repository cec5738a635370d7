package io.raftgres.operator.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.raftgres.operator.OperatorConfig;
import io.raftgres.operator.api.FakeApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.resource.BootstrapConfig;
import io.raftgres.operator.resource.Clusters;
import io.raftgres.operator.resource.Names;
import io.raftgres.operator.resource.StatefulSets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** After {@code kubectl delete --cascade=orphan} the RaftCluster, applied again, owns its objects again. */
class SupportingResourcesTest {

    private static final BootstrapConfig FORMED =
            new BootstrapConfig(0, true, Optional.of("1234567890abcdef"), "n/c/u-0", "node:1", false);

    private final RaftCluster cluster = DataDeletionTest.cluster("Delete");
    private Instant now = Instant.EPOCH;
    private final FakeApiServer api;
    private final SupportingResources supporting = new SupportingResources();

    SupportingResourcesTest() throws Exception {
        api = new FakeApiServer();
        supporting.client = api.client();
        supporting.apply = new ServerSideApply();
        supporting.apply.client = api.client();
        supporting.monitors = new PodMonitorChecks();
        supporting.monitors.client = api.client();
        supporting.events = new Events();
        supporting.events.client = api.client();
        supporting.attempts = new WriteAttempts();
        supporting.attempts.refused = new RefusedWrites(new SimpleMeterRegistry(), () -> now);
        supporting.attempts.events = supporting.events;
        supporting.platform = new Platform() {
            @Override
            public boolean assignsUsers() {
                return false;
            }
        };
        supporting.config = new OperatorConfig() {
            @Override
            public String nodeImage() {
                return "node:1";
            }

            @Override
            public Optional<String> namespace() {
                return Optional.empty();
            }

            @Override
            public String lease() {
                return "lease";
            }
        };
    }

    @AfterEach
    void close() {
        api.close();
    }

    /** Without an owner, a later deletion kept the data, though the spec said Delete. */
    @Test
    void anOrphanedConfigMapGetsItsOwner_AndKeepsItsContent() {
        supporting.apply(cluster, live(List.of()));
        var map = api.client()
                .configMaps()
                .inNamespace("n")
                .withName("c-bootstrap")
                .get();
        assertEquals(
                List.of("u-1"),
                map.getMetadata().getOwnerReferences().stream()
                        .map(OwnerReference::getUid)
                        .toList());
        assertEquals(FORMED, BootstrapConfig.of(map));
    }

    @Test
    void anOwnedConfigMapIsNotWritten() {
        supporting.apply(cluster, live(List.of(Names.owner(cluster))));
        assertFalse(
                api.writes().contains("PATCH configmaps c-bootstrap"),
                () -> api.writes().toString());
    }

    @Test
    void aClaimGetsTheClustersId_AndKeepsTheIdOfAnother() {
        supporting.mark(claim("data-c-0", null), FORMED);
        supporting.mark(claim("data-c-1", ""), FORMED);
        supporting.mark(claim("data-c-2", "9999999999999999"), FORMED);
        assertEquals(
                List.of("1234567890abcdef", "1234567890abcdef", "9999999999999999"),
                List.of(id("data-c-0"), id("data-c-1"), id("data-c-2")));
    }

    /** After a recovery the data has a new id, which nobody knows yet. */
    @Test
    void aRecoveryTakesTheFormerIdFromTheClaims() {
        supporting.mark(claim("data-c-0", "1234567890abcdef"), FORMED.recovered());
        assertEquals("", id("data-c-0"));
    }

    /** A field of a feature that is not enabled was written again in each round. */
    @Test
    void aFieldThatTheApiServerDropsIsReported_AndWrittenAfterAPause() {
        RaftCluster with = Clusters.with("podTemplate: {spec: {runtimeClassName: gvisor}}");
        StatefulSet set = StatefulSets.build(with, "node:1", 3, false);
        set.getSpec().getTemplate().getSpec().setRuntimeClassName(null);
        set.getMetadata().setUid("u-set");
        api.put(set);
        api.drop("runtimeClassName");
        Live live = new Live(
                Optional.of(FORMED),
                Optional.of(set),
                List.of(),
                List.of(),
                Optional.empty(),
                Set.of(),
                Map.of(),
                List.of(Names.owner(with)),
                List.of());
        supporting.apply(with, live);
        supporting.apply(with, live);
        assertEquals(1, writes("PATCH statefulsets c"));
        String sentence = supporting.attempts.refused.of(with).getFirst().sentence();
        assertTrue(sentence.contains("without an error: spec.template.spec.runtimeClassName. A feature"), sentence);
        now = now.plus(RefusedWrites.FIRST_PAUSE);
        supporting.apply(with, live);
        assertEquals(2, writes("PATCH statefulsets c"));

        set.getSpec().getTemplate().getSpec().setRuntimeClassName("gvisor");
        now = now.plus(RefusedWrites.FIRST_PAUSE.multipliedBy(2));
        supporting.apply(with, live);
        assertEquals(2, writes("PATCH statefulsets c"));
        assertEquals(List.of(), supporting.attempts.refused.of(with));
    }

    private long writes(String write) {
        return api.writes().stream().filter(write::equals).count();
    }

    /** The success of one change of a claim ended the pause of the other: it was tried, and reported, in each round. */
    @Test
    void aRefusedChangeOfAClaimIsNotEndedByAnother() {
        PersistentVolumeClaim claim = claim("data-c-0", FORMED.clusterId().orElseThrow());
        claim.getMetadata().setLabels(Map.of());
        api.put(claim);
        Live live = live(Optional.of(FORMED), List.of(Names.owner(cluster)), List.of(claim));
        api.forbid("PATCH persistentvolumeclaims data-c-0");
        supporting.apply(cluster, live);
        supporting.apply(cluster, live);
        assertEquals(1, writes("PATCH persistentvolumeclaims data-c-0"));
        now = now.plus(RefusedWrites.FIRST_PAUSE);
        supporting.apply(cluster, live);
        now = now.plus(RefusedWrites.FIRST_PAUSE);
        supporting.apply(cluster, live);
        assertEquals(2, writes("PATCH persistentvolumeclaims data-c-0"));
        assertEquals(1, supporting.attempts.refused.of(cluster).size());
        claim.getMetadata().setLabels(Map.of(Names.CLUSTER_LABEL, "c"));
        supporting.apply(cluster, live);
        assertEquals(List.of(), supporting.attempts.refused.of(cluster));
    }

    @Test
    void theBeginningFollowsTheClaims() {
        BootstrapConfig begun = new BootstrapConfig(1, false, Optional.empty(), "n/c/u-0", "node:1", false);
        assertEquals(
                begun, begin(new ClaimDraft("data-c-0", null, begun.begunAs().orElseThrow())));
        assertEquals(
                FORMED.clusterId(),
                begin(new ClaimDraft("data-c-0", "1234567890abcdef", null)).clusterId());
        assertEquals(
                FORMED.recovered().formed(),
                begin(new ClaimDraft("data-c-0", "", null)).formed());
        assertEquals("n/c/u-1", begin().clusterName());
    }

    private record ClaimDraft(String name, String id, String begunAs) {}

    private BootstrapConfig begin(ClaimDraft... claims) {
        api.client().configMaps().inNamespace("n").withName("c-bootstrap").delete();
        supporting.apply(
                cluster,
                live(
                        Optional.empty(),
                        List.of(),
                        Stream.of(claims)
                                .map(it -> claim(it.name, it.id, it.begunAs))
                                .toList()));
        return BootstrapConfig.of(api.client()
                .configMaps()
                .inNamespace("n")
                .withName("c-bootstrap")
                .get());
    }

    private String id(String claim) {
        return api.client()
                .persistentVolumeClaims()
                .inNamespace("n")
                .withName(claim)
                .get()
                .getMetadata()
                .getAnnotations()
                .get(Names.CLUSTER_ID);
    }

    private PersistentVolumeClaim claim(String name, String id) {
        return claim(name, id, null);
    }

    private PersistentVolumeClaim claim(String name, String id, String begunAs) {
        Map<String, String> annotations = new TreeMap<>();
        if (id != null) {
            annotations.put(Names.CLUSTER_ID, id);
        }
        if (begunAs != null) {
            annotations.put(BootstrapConfig.BEGUN_AS, begunAs);
        }
        PersistentVolumeClaim claim = new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withNamespace("n")
                .withName(name)
                .withUid("u-" + name)
                .addToLabels(Names.CLUSTER_LABEL, "c")
                .withAnnotations(annotations)
                .endMetadata()
                .build();
        api.put(claim);
        return claim;
    }

    private static Live live(List<OwnerReference> owners) {
        return live(Optional.of(FORMED), owners, List.of());
    }

    private static Live live(
            Optional<BootstrapConfig> bootstrap, List<OwnerReference> owners, List<PersistentVolumeClaim> claims) {
        return new Live(
                bootstrap,
                Optional.empty(),
                List.of(),
                claims,
                Optional.empty(),
                Set.of(),
                Map.of(),
                owners,
                List.of());
    }
}
