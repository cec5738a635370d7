package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.raftgres.operator.api.v1alpha1.NodeOptions;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Builds the part of the node's environment that the spec determines: options, JVM options, further variables. */
final class NodeEnvironment {

    private static final int HEAP_PERCENT = 40;
    private static final long MIB = 1 << 20;

    /** With less the node does not start: 160 MiB, of which the collector keeps a part. */
    private static final long LEAST_HEAP_MIB = 176;

    /** The heap of a container with 1 GiB. */
    private static final long USUAL_HEAP_MIB = 410;

    private NodeEnvironment() {}

    /** @param resources of the node's container */
    static List<EnvVar> of(RaftClusterSpec spec, ResourceRequirements resources) {
        List<EnvVar> all = new ArrayList<>();
        if (spec.config() != null) {
            options(spec.config(), all);
        }
        List<String> jvm = jvmOptions(spec.config(), resources);
        if (!jvm.isEmpty()) {
            add(all, "JAVA_TOOL_OPTIONS", String.join(" ", jvm));
        }
        if (spec.env() != null) {
            all.addAll(spec.env());
        }
        return all;
    }

    private static void options(NodeOptions config, List<EnvVar> all) {
        add(all, "RAFTGRES_ELECTION_TIMEOUT_MILLIS", config.electionTimeoutMillis());
        add(all, "RAFTGRES_MAX_WRITES_IN_FLIGHT", config.maxWritesInFlight());
        add(all, "RAFTGRES_MAX_KEY_BYTES", config.maxKeyBytes());
        add(all, "RAFTGRES_MAX_VALUE_BYTES", config.maxValueBytes());
        add(all, "RAFTGRES_WATCH_BYTES", config.watchBytes());
        add(all, "RAFTGRES_SEGMENT_BYTES", config.segmentBytes());
        add(all, "RAFTGRES_LOG_BYTES", config.logBytes());
        add(all, "RAFTGRES_SNAPSHOT_BYTES_PER_SECOND", config.snapshotBytesPerSecond());
        add(all, "RAFTGRES_SCRUB_INTERVAL", config.scrubInterval());
        if (config.allowedOrigins() != null && !config.allowedOrigins().isEmpty()) {
            add(all, "RAFTGRES_ALLOWED_ORIGINS", String.join(",", config.allowedOrigins()));
        }
        if (config.logFormat() != null) {
            add(all, "QUARKUS_LOG_CONSOLE_JSON_ENABLED", config.logFormat().equals("Json"));
        }
    }

    private static void add(List<EnvVar> all, String name, Object value) {
        if (value != null) {
            all.add(new EnvVarBuilder()
                    .withName(name)
                    .withValue(String.valueOf(value))
                    .build());
        }
    }

    /** The image gives the heap a part of the container's memory limit. Without a limit it would be of the machine. */
    private static List<String> jvmOptions(NodeOptions config, ResourceRequirements resources) {
        List<String> options = new ArrayList<>();
        List<String> wanted = config == null || config.jvmOptions() == null ? List.of() : config.jvmOptions();
        boolean sized = wanted.stream().anyMatch(one -> one.startsWith("-Xmx") || one.startsWith("-XX:MaxHeapSize"));
        if (!sized && memory(resources.getLimits()) == 0) {
            long request = memory(resources.getRequests()) / MIB * HEAP_PERCENT / 100;
            options.add("-Xmx" + (request == 0 ? USUAL_HEAP_MIB : Math.max(LEAST_HEAP_MIB, request)) + "m");
        }
        options.addAll(wanted);
        return options;
    }

    /** @return bytes; 0 when nothing is given */
    private static long memory(Map<String, Quantity> amounts) {
        Quantity memory = amounts == null ? null : amounts.get("memory");
        return memory == null ? 0 : memory.getNumericalAmount().longValue();
    }
}
