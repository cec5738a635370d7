package io.raftgres.operator.resource;

import static io.raftgres.operator.resource.Clusters.plain;
import static io.raftgres.operator.resource.Clusters.with;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The PodMonitor, by which the Prometheus operator finds the pods. */
class PodMonitorsTest {

    @Test
    void noneUnlessItIsWanted() {
        assertEquals(Optional.empty(), PodMonitors.build(plain()));
    }

    /** kube-prometheus-stack selects only objects with the label of its release. */
    @Test
    void hasTheLabelsOfTheSpecNextToTheOperators() {
        Map<String, String> own = labels("podMonitor: {enabled: true, interval: 30s}");
        Map<String, String> all = new HashMap<>(own);
        all.put("release", "kube-prometheus-stack");
        assertEquals(
                all, labels("podMonitor: {enabled: true, interval: 30s, labels: {release: kube-prometheus-stack}}"));
    }

    private static Map<String, String> labels(String spec) {
        return PodMonitors.build(with(spec)).orElseThrow().getMetadata().getLabels();
    }
}
