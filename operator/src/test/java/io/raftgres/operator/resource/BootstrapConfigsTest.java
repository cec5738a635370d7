package io.raftgres.operator.resource;

import static io.raftgres.operator.resource.Clusters.plain;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The ConfigMap from which a member without data learns how to begin. */
class BootstrapConfigsTest {

    @Test
    void aBlankMemberBeginsACluster_AndJoinsOneThatHasFormed() {
        BootstrapConfig first = BootstrapConfig.initial(plain(), Optional.empty(), false, "node:1", false);
        Map<String, String> data = first.build(plain()).getData();
        assertEquals(
                "c-0=c-0.c-peers.ns.svc:9081@http://c-0.c-peers.ns.svc:8081",
                data.get("peers").split(",")[0]);
        assertEquals("", data.get("join"));
        assertEquals("ns/c/u-1", data.get("clusterName"));
        Map<String, String> formed =
                first.formed("0123456789abcdef").build(plain()).getData();
        assertEquals("", formed.get("peers"));
        assertEquals("http://c.ns.svc:8081", formed.get("join"));
    }

    @Test
    void theConfigMapIsReadAsItIsWritten() {
        BootstrapConfig first = BootstrapConfig.initial(plain(), Optional.empty(), false, "node:1", false);
        BootstrapConfig assigned = BootstrapConfig.initial(plain(), Optional.empty(), false, "node:1", true);
        for (BootstrapConfig each :
                List.of(first, first.formed("0123456789abcdef"), first.recovered(), assigned, assigned.recovered())) {
            assertEquals(each, BootstrapConfig.of(each.build(plain())));
        }
    }
}
