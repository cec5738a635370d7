package io.raftgres.operator.resource;

import static io.raftgres.operator.resource.Clusters.environment;
import static io.raftgres.operator.resource.Clusters.node;
import static io.raftgres.operator.resource.Clusters.plain;
import static io.raftgres.operator.resource.Clusters.pod;
import static io.raftgres.operator.resource.Clusters.postgres;
import static io.raftgres.operator.resource.Clusters.set;
import static io.raftgres.operator.resource.Clusters.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.model.ForcedRecovery;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What spec.podTemplate adds to the pods, and what it may not change. */
class PodTemplatesTest {

    private static final String RICH = """
            podLabels: {team: a, tier: db}
            podTemplate:
              metadata: {labels: {team: b}, annotations: {sidecar.istio.io/inject: 'false'}}
              spec:
                containers:
                - name: shipper
                  image: shipper:1
                  ports: [{name: metrics, containerPort: 9100}]
                  resources: {limits: {memory: 64Mi}}
                  volumeMounts: [{name: extra, mountPath: /extra}]
                - name: node
                  securityContext: {capabilities: {add: [NET_BIND_SERVICE]}}
                  volumeMounts: [{name: extra, mountPath: /extra, readOnly: true}]
                initContainers:
                - {name: prepare, image: tools:1, command: [sh, -c, 'true']}
                - name: postgres
                  securityContext: {readOnlyRootFilesystem: false}
                volumes:
                - {name: extra, configMap: {name: extra}}
                - {name: tmp, emptyDir: {sizeLimit: 1Gi}}
                securityContext: {runAsUser: 2000, runAsGroup: null, sysctls: [{name: net.core.somaxconn, value: '1024'}]}
                topologySpreadConstraints:
                - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule}
                tolerations: [{key: dedicated, operator: Exists}]
                hostAliases: [{ip: 10.0.0.1, hostnames: [a]}]
                dnsConfig: {options: [{name: ndots, value: '2'}]}
                runtimeClassName: gvisor
                priorityClassName: high
                terminationGracePeriodSeconds: 120
            """;

    @Test
    void theTemplateIsMergedOverThatOfTheOperator() {
        PodSpec pod = pod(with(RICH));
        assertEquals(2000, pod.getSecurityContext().getRunAsUser());
        assertNull(pod.getSecurityContext().getRunAsGroup(), "null removes");
        assertTrue(pod.getSecurityContext().getRunAsNonRoot(), "the rest stays");
        assertEquals("gvisor", pod.getRuntimeClassName());
        assertEquals("high", pod.getPriorityClassName());
        assertEquals(120, pod.getTerminationGracePeriodSeconds());
        assertEquals("dedicated", pod.getTolerations().getFirst().getKey());
        assertEquals("10.0.0.1", pod.getHostAliases().getFirst().getIp());
        assertEquals("ndots", pod.getDnsConfig().getOptions().getFirst().getName());
        assertEquals(
                Names.of(plain()).selector(),
                pod.getTopologySpreadConstraints().getFirst().getLabelSelector().getMatchLabels());
        assertEquals(pod(plain()).getAffinity(), pod.getAffinity());
    }

    @Test
    void volumesAndMountsAreMergedByNameAndPath() {
        PodSpec pod = pod(with(RICH));
        assertEquals(
                List.of("tmp", "postgres-tmp", "postgres-socket", "postgres-config", "extra"),
                pod.getVolumes().stream().map(Volume::getName).toList());
        assertEquals(
                "1Gi", pod.getVolumes().getFirst().getEmptyDir().getSizeLimit().toString());
        assertEquals(
                List.of("/var/lib/raftgres", "/tmp", "/var/lib/raftgres-log", "/extra"),
                node(with(RICH)).getVolumeMounts().stream()
                        .map(VolumeMount::getMountPath)
                        .toList());
    }

    @Test
    void furtherContainersFollowTheNode_AndFurtherInitContainersPrecedePostgres() {
        PodSpec pod = pod(with(RICH));
        assertEquals(
                List.of("node", "shipper"),
                pod.getContainers().stream().map(Container::getName).toList());
        assertEquals(
                List.of("prepare", "postgres"),
                pod.getInitContainers().stream().map(Container::getName).toList());
        Container node = node(with(RICH));
        assertEquals(
                List.of("NET_BIND_SERVICE"),
                node.getSecurityContext().getCapabilities().getAdd());
        assertEquals(List.of("ALL"), node.getSecurityContext().getCapabilities().getDrop());
        assertEquals(node(plain()).getPorts(), node.getPorts());
        assertEquals(environment(node(plain())), environment(node));
        Container postgres = pod.getInitContainers().getLast();
        assertEquals(false, postgres.getSecurityContext().getReadOnlyRootFilesystem());
        assertEquals("Always", postgres.getRestartPolicy());
        assertEquals(postgres(plain()).getStartupProbe(), postgres.getStartupProbe());
    }

    @Test
    void labelsTakePrecedenceOverPodLabels_AndSelectorsStay() {
        PodTemplateSpec template = set(with(RICH)).getSpec().getTemplate();
        Map<String, String> labels = template.getMetadata().getLabels();
        assertEquals("b", labels.get("team"));
        assertEquals("db", labels.get("tier"));
        assertTrue(labels.entrySet().containsAll(Names.of(plain()).selector().entrySet()));
        assertEquals("false", template.getMetadata().getAnnotations().get("sidecar.istio.io/inject"));
        assertTrue(template.getMetadata().getAnnotations().containsKey("raftgres.io/postgres-settings"));
    }

    @Test
    void aChangeReplacesThePods_AndAnEmptyTemplateIsThatOfTheOperator() {
        assertNotEquals(StatefulSets.templateOf(plain(), "node:1"), StatefulSets.templateOf(with(RICH), "node:1"));
        assertEquals(
                Serialization.asYaml(set(plain()).getSpec().getTemplate()),
                Serialization.asYaml(
                        set(with("podTemplate: {spec: {}}")).getSpec().getTemplate()));
    }

    /** A further container would run on when the recovery has ended. */
    @Test
    void aRecoveryHasNoFurtherContainers() {
        Pod recovery = Pods.recovery(with(RICH), new ForcedRecovery("c-1", "0123456789abcdef"), "node:1", false);
        assertEquals(
                List.of("node"),
                recovery.getSpec().getContainers().stream()
                        .map(Container::getName)
                        .toList());
        assertEquals("Never", recovery.getSpec().getRestartPolicy());
        assertEquals(2000, recovery.getSpec().getSecurityContext().getRunAsUser());
        assertEquals("b", recovery.getMetadata().getLabels().get("team"));
        assertEquals("recovery", recovery.getMetadata().getLabels().get("app.kubernetes.io/component"));
        assertEquals("c-recovery", recovery.getMetadata().getName());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {containers: [{name: node, workingDir: /x}]} | sets workingDir of the container node
            {initContainers: [{name: postgres, command: [x]}]} | sets command of the container postgres
            {containers: [{name: node, volumeMounts: [{name: v, mountPath: /var/lib/raftgres/node}]}]} \
            | mounts a volume at /var/lib/raftgres/node in the container node
            {containers: [{name: node, volumeMounts: [{name: v, mountPath: /tmp/}]}]} | mounts a volume at /tmp/
            {containers: [{name: a, image: b, ports: 5}]} | is not valid
            {securityContext: {runAsUser: root}} | is not valid
            """)
    void whatWouldBreakAMemberIsRefusedWithASentence(String template, String sentence) {
        SpecRefusedException refused =
                assertThrows(SpecRefusedException.class, () -> set(with("podTemplate:\n  spec: " + template)));
        assertTrue(refused.getMessage().startsWith("spec.podTemplate " + sentence), refused.getMessage());
        assertEquals(1, refused.getMessage().lines().count());
    }

    /** initdb refuses to run as a user without a name. */
    @Test
    void theUserOfThePodsHasAName() {
        assertTrue(Configs.postgres(with(RICH)).getData().get("passwd").contains("\nuser2000:x:2000:2000:"));
        assertTrue(Configs.postgres(with("""
                podTemplate: {spec: {initContainers: [{name: postgres, securityContext: {runAsUser: 999}}]}}
                """))
                .getData()
                .get("passwd")
                .endsWith("\nuser999:x:999:999::/var/lib/raftgres:/bin/sh\n"));
    }

    @Test
    void aVolumeBelowTmpIsAccepted() {
        assertTrue(node(with("""
                podTemplate:
                  spec: {containers: [{name: node, volumeMounts: [{name: dumps, mountPath: /tmp/dumps}]}]}
                """)).getVolumeMounts().stream()
                .anyMatch(mount -> mount.getMountPath().equals("/tmp/dumps")));
    }
}
