package io.raftgres.operator.resource;

import static io.raftgres.operator.resource.Clusters.environment;
import static io.raftgres.operator.resource.Clusters.node;
import static io.raftgres.operator.resource.Clusters.plain;
import static io.raftgres.operator.resource.Clusters.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.raftgres.operator.api.v1alpha1.NodeOptions;
import io.raftgres.operator.model.ForcedRecovery;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The node's environment: options of the spec, the heap, further variables. */
class NodeEnvironmentTest {

    /** Options that a pod has from the operator, or from another field of the spec than {@code config}. */
    private static final List<String> ELSEWHERE = List.of(
            "name",
            "data-dir",
            "log-dir",
            "peers",
            "advertise",
            "join",
            "join-as",
            "peer-listen",
            "allowed-hosts",
            "etcd-port",
            "cluster-name",
            "history-revisions",
            "history-time",
            "recover",
            "postgres.url",
            "postgres.user",
            "postgres.password",
            "postgres.port");

    @Test
    void eachOptionOfTheSpecReachesTheNode() {
        Map<String, String> all = environment(node(with("""
                config:
                  electionTimeoutMillis: 500
                  maxWritesInFlight: 100
                  maxKeyBytes: 1000
                  maxValueBytes: 2000
                  watchBytes: 70000
                  segmentBytes: 8388608
                  logBytes: 4000000
                  snapshotBytesPerSecond: 0
                  scrubInterval: 1h
                  allowedOrigins: ['https://a.example', 'https://b.example']
                  logFormat: Json
                  jvmOptions: [-Xmx300m, -Xss1m]
                """)));
        assertEquals("500", all.get("RAFTGRES_ELECTION_TIMEOUT_MILLIS"));
        assertEquals("100", all.get("RAFTGRES_MAX_WRITES_IN_FLIGHT"));
        assertEquals("1000", all.get("RAFTGRES_MAX_KEY_BYTES"));
        assertEquals("2000", all.get("RAFTGRES_MAX_VALUE_BYTES"));
        assertEquals("70000", all.get("RAFTGRES_WATCH_BYTES"));
        assertEquals("8388608", all.get("RAFTGRES_SEGMENT_BYTES"));
        assertEquals("4000000", all.get("RAFTGRES_LOG_BYTES"));
        assertEquals("0", all.get("RAFTGRES_SNAPSHOT_BYTES_PER_SECOND"));
        assertEquals("1h", all.get("RAFTGRES_SCRUB_INTERVAL"));
        assertEquals("https://a.example,https://b.example", all.get("RAFTGRES_ALLOWED_ORIGINS"));
        assertEquals("true", all.get("QUARKUS_LOG_CONSOLE_JSON_ENABLED"));
        assertEquals("-Xmx300m -Xss1m", all.get("JAVA_TOOL_OPTIONS"));
        // The history's options have their own fields.
        assertEquals("1h", all.get("RAFTGRES_HISTORY_TIME"));
    }

    /** An option that README gains needs a field here, or a place in the list above. */
    @Test
    void eachOptionOfANodeThatReadmeListsHasItsPlace() throws Exception {
        List<String> listed = Pattern.compile("(?m)^\\| `raftgres\\.([a-z.-]+)` \\|")
                .matcher(Files.readString(Path.of("..", "README.md")))
                .results()
                .map(row -> row.group(1))
                .toList();
        List<String> fields = Stream.of(NodeOptions.class.getRecordComponents())
                .map(RecordComponent::getName)
                .map(name -> name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
                .toList();
        assertTrue(listed.size() > 20, listed::toString);
        assertEquals(
                List.of(),
                listed.stream()
                        .filter(option -> !fields.contains(option) && !ELSEWHERE.contains(option))
                        // spec.tls will have its own fields.
                        .filter(option -> !option.startsWith("tls.") && !option.equals("health-port"))
                        .toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "none", textBlock = """
            paused: false | none
            resources: {limits: {memory: 2Gi}} | none
            resources: {requests: {cpu: 1}} | -Xmx410m
            resources: {requests: {memory: 2Gi}} | -Xmx819m
            resources: {requests: {memory: 100Mi}} | -Xmx176m
            config: {jvmOptions: [-Xss1m]} | -Xss1m
            """)
    void theHeapIsBounded_ByTheLimitOrByAnOption(String spec, String options) {
        assertEquals(options, environment(node(with(spec))).get("JAVA_TOOL_OPTIONS"));
    }

    @Test
    void furtherVariablesAreAddedToThoseOfTheOperator() {
        List<EnvVar> all = node(with("""
                env:
                - {name: TZ, value: Europe/Berlin}
                - {name: TOKEN, valueFrom: {secretKeyRef: {name: s, key: k}}}
                """)).getEnv();
        Map<String, EnvVar> byName = all.stream().collect(Collectors.toMap(EnvVar::getName, each -> each));
        assertEquals("Europe/Berlin", byName.get("TZ").getValue());
        assertEquals("s", byName.get("TOKEN").getValueFrom().getSecretKeyRef().getName());
        assertEquals(all.size(), all.stream().map(EnvVar::getName).distinct().count(), "no name twice");
    }

    @Test
    void aRecoveryHasTheSameOptions() {
        Pod pod = Pods.recovery(
                with("config: {segmentBytes: 8388608}"),
                new ForcedRecovery("c-1", "0123456789abcdef"),
                "node:1",
                false);
        assertEquals(
                "8388608", environment(pod.getSpec().getContainers().getFirst()).get("RAFTGRES_SEGMENT_BYTES"));
    }

    @Test
    void aChangeOfOptionsReplacesThePods() {
        Map<String, String> templates = new TreeMap<>();
        for (String spec : List.of(
                "paused: false",
                "config: {maxKeyBytes: 9}",
                "config: {jvmOptions: [-Xss1m]}",
                "env: [{name: A, value: b}]")) {
            templates.put(StatefulSets.templateOf(with(spec), "node:1"), spec);
        }
        assertEquals(4, templates.size(), templates::toString);
        assertFalse(environment(node(plain())).containsKey("RAFTGRES_MAX_KEY_BYTES"));
        assertNotEquals(node(plain()), node(with("config: {maxKeyBytes: 9}")));
    }
}
