package io.raftgres.operator.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.raftgres.operator.api.FakeApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.plan.Step;
import io.raftgres.operator.resource.BootstrapConfig;
import io.raftgres.operator.resource.Clusters;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a step writes. */
class StepsTest {

    private final RaftCluster cluster = Clusters.with("image: 'node:1'");
    private final FakeApiServer api;
    private final Steps steps = new Steps();

    StepsTest() throws Exception {
        api = new FakeApiServer();
        steps.client = api.client();
        steps.apply = new ServerSideApply();
        steps.apply.client = api.client();
        steps.supporting = new SupportingResources();
        steps.recreation = new SetRecreation();
    }

    @AfterEach
    void close() {
        api.close();
    }

    /** Otherwise a RaftCluster that was deleted before it had a leader could not begin again on its claims. */
    @Test
    void theClaimsOfANewClusterSayHowItBegan_AndThoseOfAFormedOneDoNot() throws Exception {
        BootstrapConfig begun = BootstrapConfig.initial(cluster, Optional.empty(), false, "node:1", false);
        assertEquals(Map.of(BootstrapConfig.BEGUN_AS, "3 ns/c/u-1"), annotations(Optional.of(begun)));
        assertNull(annotations(Optional.of(begun.formed("k1"))));
    }

    private Map<String, String> annotations(Optional<BootstrapConfig> bootstrap) throws Exception {
        Live live = new Live(bootstrap, Optional.empty(), List.of(), List.of(), Optional.empty(), Set.of(), Map.of());
        var set = api.client().apps().statefulSets().inNamespace("ns").withName("c");
        set.delete();
        steps.take(new Step.CreateSet(3, "it does not exist"), cluster, live);
        Map<String, String> annotations = set.get()
                .getSpec()
                .getVolumeClaimTemplates()
                .getFirst()
                .getMetadata()
                .getAnnotations();
        return annotations == null || annotations.isEmpty() ? null : annotations;
    }
}
