package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import java.util.Map;

/**
 * The resources of containers for which the spec has none. They are not defaults of the schema: these would change the
 * spec of each existing RaftCluster, and restart its pods.
 */
final class DefaultResources {

    private DefaultResources() {}

    /** No limit of the processor: a node that is throttled misses its heartbeats. */
    static ResourceRequirements node(RaftClusterSpec spec) {
        return isGiven(spec.resources()) ? spec.resources() : of("512Mi", true);
    }

    /** Without a limit if the settings size PostgreSQL's memory: only their author knows how much it needs. */
    static ResourceRequirements postgres(RaftClusterSpec spec) {
        return isGiven(spec.postgres().resources())
                ? spec.postgres().resources()
                : of("256Mi", !sizesMemory(spec.postgres().settings()));
    }

    private static boolean sizesMemory(Map<String, String> settings) {
        return settings != null
                && settings.keySet().stream().anyMatch(name -> name.contains("mem") || name.endsWith("_buffers"));
    }

    private static ResourceRequirements of(String requested, boolean limited) {
        ResourceRequirementsBuilder resources = new ResourceRequirementsBuilder()
                .addToRequests("cpu", Quantity.parse("100m"))
                .addToRequests("memory", Quantity.parse(requested));
        return (limited ? resources.addToLimits("memory", Quantity.parse("1Gi")) : resources).build();
    }

    private static boolean isGiven(ResourceRequirements resources) {
        return resources != null && !(isEmpty(resources.getRequests()) && isEmpty(resources.getLimits()));
    }

    private static boolean isEmpty(Map<String, Quantity> amounts) {
        return amounts == null || amounts.isEmpty();
    }
}
