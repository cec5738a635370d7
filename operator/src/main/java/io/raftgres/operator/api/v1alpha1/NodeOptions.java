package io.raftgres.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/**
 * Options of the nodes. None has a default in the schema: the node's own default applies, and a new operator changes no
 * existing RaftCluster.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeOptions(
        @Min(100)
        @Max(60_000)
        @JsonPropertyDescription(
                "Election timeout in milliseconds, drawn from 1 to 2 times this value: a follower that"
                        + " hears from no leader for this time campaigns. May be lowered to a quarter at once, not to less. Default: 300.")
        Integer electionTimeoutMillis,

        @Min(1)
        @Max(1_000_000)
        @JsonPropertyDescription("Writes in flight on a node; the node refuses more as overloaded. For reads the limit"
                + " is four times as high. Default: 5000.")
        Integer maxWritesInFlight,

        @Min(1) @Max(65_536) @JsonPropertyDescription("Longest key, in bytes. Default: 8192.")
        Integer maxKeyBytes,

        @Min(1)
        @Max(16_777_216)
        @JsonPropertyDescription("Longest value, and largest request of etcd's API, in bytes. Default: 1572864.")
        Integer maxValueBytes,

        @Min(65_536)
        @JsonPropertyDescription("Memory for the latest changes, for watches, in bytes. Default and maximum: their"
                + " share of the node's memory. A node with a higher value does not start.")
        Long watchBytes,

        @Min(1_048_576)
        @Max(1_073_741_824)
        @ValidationRule(value = "self % 4096 == 0", message = "segmentBytes must be a multiple of 4096")
        @JsonPropertyDescription("Size of a segment of the Raft log, in bytes. Default: 67108864.")
        Integer segmentBytes,

        @Min(1_048_576)
        @JsonPropertyDescription("The Raft log keeps entries for members that are behind, up to this size in bytes. A"
                + " member that is further behind gets a snapshot. The claim needs room for it. Default: 1073741824.")
        Long logBytes,

        @Min(0)
        @JsonPropertyDescription("Highest rate at which a node reads and sends a snapshot for another member, in bytes"
                + " per second. 0: no limit. Default: 33554432.")
        Long snapshotBytesPerSecond,

        @Size(max = 32)
        @ValidationRule(
                value = "self.matches('^[0-9]{1,9}(ms|s|m|h|d)$')",
                message = "scrubInterval must be a number with a unit, such as 10m or 1h; 0s for never")
        @JsonPropertyDescription("How often a node compares the rows in PostgreSQL with the log's hash, such as 10m."
                + " 0s: never. Default: 10m.")
        String scrubInterval,

        @Size(max = 16)
        @ValidationRule(
                value = "self.all(o, o.matches('^https?://[^/,[:space:]]+$'))",
                message = "allowedOrigins are addresses of web pages without a path, such as"
                        + " https://console.example.com")
        @JsonPropertyDescription("Origins of web pages that may use methods other than GET and HEAD, such as"
                + " https://console.example.com. Default: none.")
        List<String> allowedOrigins,

        @ValidationRule(value = "self in ['Text', 'Json']", message = "logFormat must be Text or Json")
        @Size(max = 8)
        @JsonPropertyDescription(
                "Format of the nodes' log: Text, or Json (one JSON object in each line). Default:" + " Text.")
        String logFormat,

        @Size(max = 32)
        @ValidationRule(
                value = "self.all(o, o.matches('^-[^[:space:]]+$'))",
                message = "each entry of jvmOptions is one option without spaces, such as -Xmx512m")
        @ValidationRule(
                value = "!self.exists(o, o.matches('^-XX:[+-]Use[A-Za-z0-9]*GC$') || o.startsWith('-XX:MaxRAM')"
                        + " || o.startsWith('-XX:AOT'))",
                message = "the image sets the collector, -XX:MaxRAMPercentage and -XX:AOTCache itself: give the size of"
                        + " the heap with -Xmx, or as 40 % of the container's memory limit")
        @ValidationRule(
                value = "!self.exists(o, o.startsWith('-Draftgres.') || o.startsWith('-Dquarkus.http.'))",
                message = "jvmOptions must not set options of the node: use the other fields of spec.config,"
                        + " spec.history or spec.allowedHosts; the operator sets addresses, peers and directories"
                        + " itself")
        @JsonPropertyDescription("Options of the node's JVM, such as -Xmx512m. Without -Xmx the heap has 40 % of the"
                + " container's memory limit; without a limit, 40 % of the memory request, or 410 MiB.")
        List<String> jvmOptions) {}
