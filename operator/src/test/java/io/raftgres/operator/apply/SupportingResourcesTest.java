package io.raftgres.operator.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.raftgres.operator.api.FakeApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.resource.BootstrapConfig;
import io.raftgres.operator.resource.Names;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** After {@code kubectl delete --cascade=orphan} the RaftCluster, applied again, owns its objects again. */
class SupportingResourcesTest {

    private static final BootstrapConfig FORMED =
            new BootstrapConfig(0, true, Optional.of("1234567890abcdef"), "n/c/u-0", "node:1", false);

    private final RaftCluster cluster = DataDeletionTest.cluster("Delete");
    private final FakeApiServer api;
    private final SupportingResources supporting = new SupportingResources();

    SupportingResourcesTest() throws Exception {
        api = new FakeApiServer();
        supporting.client = api.client();
        supporting.apply = new ServerSideApply();
        supporting.apply.client = api.client();
        supporting.monitorKind = new PodMonitorKind();
        supporting.monitorKind.client = api.client();
        supporting.events = new Events();
        supporting.events.client = api.client();
        supporting.attempts = new WriteAttempts();
        supporting.attempts.refused = new RefusedWrites(new SimpleMeterRegistry());
        supporting.attempts.events = supporting.events;
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

    private static Live live(List<OwnerReference> owners) {
        return new Live(
                Optional.of(FORMED),
                Optional.empty(),
                List.of(),
                List.of(),
                Optional.empty(),
                Set.of(),
                Map.of(),
                owners,
                List.of());
    }
}
