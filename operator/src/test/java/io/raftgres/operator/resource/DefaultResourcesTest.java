package io.raftgres.operator.resource;

import static io.raftgres.operator.resource.Clusters.node;
import static io.raftgres.operator.resource.Clusters.postgres;
import static io.raftgres.operator.resource.Clusters.with;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The resources of both containers: those of the spec, else defaults that leave no pod without a request. */
class DefaultResourcesTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            paused: false | {cpu=100m, memory=512Mi} {memory=1Gi} | {cpu=100m, memory=256Mi} {memory=1Gi}
            resources: {limits: {memory: 2Gi}} | {} {memory=2Gi} | {cpu=100m, memory=256Mi} {memory=1Gi}
            resources: {} | {cpu=100m, memory=512Mi} {memory=1Gi} | {cpu=100m, memory=256Mi} {memory=1Gi}
            postgres: {image: p, settings: {shared_buffers: 2GB}} | {cpu=100m, memory=512Mi} {memory=1Gi} \
            | {cpu=100m, memory=256Mi} {}
            postgres: {image: p, settings: {jit: 'on'}} | {cpu=100m, memory=512Mi} {memory=1Gi} \
            | {cpu=100m, memory=256Mi} {memory=1Gi}
            postgres: {image: p, resources: {requests: {cpu: 1}}} | {cpu=100m, memory=512Mi} {memory=1Gi} | {cpu=1} {}
            """)
    void whatTheSpecDoesNotSayHasADefault(String spec, String ofNode, String ofPostgres) {
        assertEquals(ofNode, text(node(with(spec))));
        assertEquals(ofPostgres, text(postgres(with(spec))));
    }

    private static String text(Container container) {
        ResourceRequirements resources = container.getResources();
        return text(resources.getRequests()) + " " + text(resources.getLimits());
    }

    private static String text(Map<String, Quantity> amounts) {
        return new TreeMap<>(amounts == null ? Map.of() : amounts).toString();
    }
}
