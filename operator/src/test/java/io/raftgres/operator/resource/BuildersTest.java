package io.raftgres.operator.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodAntiAffinity;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import io.raftgres.operator.model.ForcedRecovery;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a cluster consists of. */
class BuildersTest {

    /** As the API server gives it: with the defaults. */
    private static RaftCluster cluster(String postgres, String scheduling, int replicas) {
        return Serialization.unmarshal("""
                apiVersion: raftgres.io/v1alpha1
                kind: RaftCluster
                metadata: {name: c, namespace: ns, uid: u-1}
                spec:
                  replicas: %d
                  imagePullPolicy: IfNotPresent
                  storage: {data: {size: 1Gi}, log: {size: 2Gi}, onDelete: Retain}
                  postgres: %s
                  history: {revisions: 10, time: 1h}
                  scheduling: %s
                  podMonitor: {enabled: false, interval: 30s}
                  paused: false
                  hibernated: false
                """.formatted(replicas, postgres, scheduling), RaftCluster.class);
    }

    private static RaftCluster plain() {
        return cluster("{image: 'postgres:18'}", "{spread: Preferred}", 3);
    }

    private static StatefulSet set(RaftCluster cluster) {
        return StatefulSets.build(cluster, "node:1", 3);
    }

    private static Map<String, String> environment(Container node) {
        Map<String, String> values = new TreeMap<>();
        for (EnvVar variable : node.getEnv()) {
            values.put(
                    variable.getName(),
                    variable.getValue() != null
                            ? variable.getValue()
                            : variable.getValueFrom().getConfigMapKeyRef() != null
                                    ? "key "
                                            + variable.getValueFrom()
                                                    .getConfigMapKeyRef()
                                                    .getKey()
                                    : variable.getValueFrom().getFieldRef().getFieldPath());
        }
        return values;
    }

    @Test
    void onlyTheOperatorSaysWhenAPodOrAClaimGoes() {
        StatefulSet set = set(plain());
        assertEquals("OnDelete", set.getSpec().getUpdateStrategy().getType());
        assertEquals("Parallel", set.getSpec().getPodManagementPolicy());
        assertEquals(
                "Retain",
                set.getSpec().getPersistentVolumeClaimRetentionPolicy().getWhenScaled());
        assertEquals(
                "Retain",
                set.getSpec().getPersistentVolumeClaimRetentionPolicy().getWhenDeleted());
    }

    @Test
    void postgresIsANativeSidecarOfItsOwnCommand() {
        PodSpec pod = set(plain()).getSpec().getTemplate().getSpec();
        Container postgres = pod.getInitContainers().getFirst();
        assertEquals("Always", postgres.getRestartPolicy());
        assertEquals("sh /etc/raftgres/run.sh", String.join(" ", postgres.getCommand()));
        assertTrue(postgres.getStartupProbe().getExec().getCommand().contains("pg_isready"));
        assertNull(postgres.getLifecycle());
        assertNull(postgres.getLivenessProbe());
    }

    @Test
    void everythingIsRestricted() {
        PodSpec pod = set(plain()).getSpec().getTemplate().getSpec();
        assertFalse(pod.getAutomountServiceAccountToken());
        assertTrue(pod.getSecurityContext().getRunAsNonRoot());
        assertEquals(
                "RuntimeDefault", pod.getSecurityContext().getSeccompProfile().getType());
        Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream())
                .forEach(container -> {
                    assertTrue(container.getSecurityContext().getReadOnlyRootFilesystem(), container.getName());
                    assertFalse(container.getSecurityContext().getAllowPrivilegeEscalation(), container.getName());
                    assertEquals(
                            "ALL",
                            container
                                    .getSecurityContext()
                                    .getCapabilities()
                                    .getDrop()
                                    .getFirst());
                });
    }

    @Test
    void aNodeFindsTheOthersByWhatIsInTheConfigMap() {
        Map<String, String> environment = environment(
                set(plain()).getSpec().getTemplate().getSpec().getContainers().getFirst());
        assertEquals("metadata.name", environment.get("POD_NAME"));
        assertEquals(
                "$(POD_NAME).c-peers.ns.svc:9081@http://$(POD_NAME).c-peers.ns.svc:8081",
                environment.get("RAFTGRES_ADVERTISE"));
        assertEquals("key peers", environment.get("RAFTGRES_PEERS"));
        assertEquals("key join", environment.get("RAFTGRES_JOIN"));
        assertEquals("1h", environment.get("RAFTGRES_HISTORY_TIME"));
    }

    /** A node refuses HTTP requests for names that are not its own: a page of somebody else's may send them. */
    @Test
    void aNodeKnowsWhatItsServicesAreCalled() {
        List<String> hosts = hosts(plain());
        for (String each : List.of(
                "c",
                "c.ns",
                "c.ns.svc",
                "c.ns.svc.cluster.local",
                "c-leader.ns.svc",
                "c-peers.ns.svc",
                "*.c-peers.ns.svc",
                "*.c-peers.ns.svc.cluster.local")) {
            assertTrue(hosts.contains(each), each);
        }
        RaftCluster more = plain();
        KubernetesSerialization json = new KubernetesSerialization();
        @SuppressWarnings("unchecked")
        Map<String, Object> spec = json.convertValue(more.getSpec(), TreeMap.class);
        spec.put("allowedHosts", List.of("db.example.com"));
        more.setSpec(json.convertValue(spec, RaftClusterSpec.class));
        assertEquals("db.example.com", hosts(more).getLast());
        assertNotEquals(StatefulSets.templateOf(plain(), "node:1"), StatefulSets.templateOf(more, "node:1"));
    }

    private static List<String> hosts(RaftCluster cluster) {
        return List.of(environment(set(cluster)
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .getFirst())
                .get("RAFTGRES_ALLOWED_HOSTS")
                .split(","));
    }

    /** Services name the ports of the container, not their numbers. */
    @Test
    void everyServiceHasRestAndEtcdsApi_AndTheMembersOwnAlsoThePeers() {
        Container node =
                set(plain()).getSpec().getTemplate().getSpec().getContainers().getFirst();
        assertEquals(
                List.of("http 8081", "etcd 2379", "peer 9081"),
                node.getPorts().stream()
                        .map(port -> port.getName() + " " + port.getContainerPort())
                        .toList());
        assertEquals("2379", environment(node).get("RAFTGRES_ETCD_PORT"));
        List<String> clients = List.of("http 8081 http", "etcd 2379 etcd");
        assertEquals(clients, ports(Services.clients(plain())));
        assertEquals(clients, ports(Services.leader(plain())));
        assertEquals(List.of("http 8081 http", "etcd 2379 etcd", "peer 9081 peer"), ports(Services.peers(plain())));
    }

    private static List<String> ports(Service service) {
        return service.getSpec().getPorts().stream()
                .map(port -> port.getName() + " " + port.getPort() + " "
                        + port.getTargetPort().getStrVal())
                .toList();
    }

    @Test
    void aBlankMemberBeginsACluster_AndJoinsOneThatHasFormed() {
        BootstrapConfig first = BootstrapConfig.initial(plain(), Optional.empty(), false, "node:1");
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
        BootstrapConfig first = BootstrapConfig.initial(plain(), Optional.empty(), false, "node:1");
        for (BootstrapConfig each : List.of(first, first.formed("0123456789abcdef"), first.recovered())) {
            assertEquals(each, BootstrapConfig.of(each.build(plain())));
        }
    }

    @Test
    void aChangeOfSettingsChangesThePod_AChangeOfReplicasDoesNot() {
        String before = StatefulSets.templateOf(plain(), "node:1");
        assertEquals(
                before, StatefulSets.templateOf(cluster("{image: 'postgres:18'}", "{spread: Preferred}", 5), "node:1"));
        RaftCluster tuned =
                cluster("{image: 'postgres:18', settings: {work_mem: \"it's 8MB\"}}", "{spread: Preferred}", 3);
        assertNotEquals(before, StatefulSets.templateOf(tuned, "node:1"));
        assertNotEquals(
                set(plain()).getSpec().getTemplate(), set(tuned).getSpec().getTemplate());
        assertTrue(Configs.postgres(tuned).getData().get("postgresql.conf").endsWith("work_mem = 'it''s 8MB'\n"));
    }

    @Test
    void aClusterOfOneHasNoBudgetThatBlocksADrain() {
        assertEquals(Optional.empty(), DisruptionBudgets.build(cluster("{image: p}", "{spread: Preferred}", 1)));
        assertEquals(
                1,
                DisruptionBudgets.build(plain())
                        .orElseThrow()
                        .getSpec()
                        .getMaxUnavailable()
                        .getIntVal());
    }

    @Test
    void membersArePreferredApart_AndKeptApartWhereThatIsRequired() {
        PodAntiAffinity preferred = apart("{spread: Preferred}");
        // Not by a spread constraint, which does nothing on machines without labels of zones.
        assertEquals(
                List.of("kubernetes.io/hostname", "topology.kubernetes.io/zone"),
                preferred.getPreferredDuringSchedulingIgnoredDuringExecution().stream()
                        .map(term -> term.getPodAffinityTerm().getTopologyKey())
                        .toList());
        assertEquals(List.of(), preferred.getRequiredDuringSchedulingIgnoredDuringExecution());
        assertEquals(
                "kubernetes.io/hostname",
                apart("{spread: Required}")
                        .getRequiredDuringSchedulingIgnoredDuringExecution()
                        .getFirst()
                        .getTopologyKey());
    }

    private static PodAntiAffinity apart(String scheduling) {
        return set(cluster("{image: p}", scheduling, 3))
                .getSpec()
                .getTemplate()
                .getSpec()
                .getAffinity()
                .getPodAntiAffinity();
    }

    @Test
    void aRecoveryRunsOnTheDataOfItsMember() {
        Pod pod = Pods.recovery(plain(), new ForcedRecovery("c-1", "0123456789abcdef"), "node:1");
        Map<String, String> environment =
                environment(pod.getSpec().getContainers().getFirst());
        assertEquals("force-new-cluster", environment.get("RAFTGRES_RECOVER"));
        assertEquals("c-1", environment.get("POD_NAME"));
        assertTrue(pod.getSpec().getVolumes().stream()
                .anyMatch(volume -> volume.getPersistentVolumeClaim() != null
                        && volume.getPersistentVolumeClaim().getClaimName().equals("data-c-1")));
        assertTrue(pod.getSpec().getVolumes().stream()
                .anyMatch(volume -> volume.getPersistentVolumeClaim() != null
                        && volume.getPersistentVolumeClaim().getClaimName().equals("log-c-1")));
        // The services must not find it.
        assertFalse(pod.getMetadata()
                .getLabels()
                .entrySet()
                .containsAll(Names.of(plain()).selector().entrySet()));
    }

    @Test
    void namesOfMembersAreReadStrictly() {
        Names names = new Names("ns", "c");
        assertEquals(10, names.ordinal("c-10").orElseThrow());
        Stream.of("c-01", "c-", "c-recovery", "d-1", "c-1-2")
                .forEach(name -> assertTrue(names.ordinal(name).isEmpty(), name));
    }
}
