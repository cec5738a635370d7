package io.raftgres.operator.resource;

import static io.raftgres.operator.resource.Clusters.environment;
import static io.raftgres.operator.resource.Clusters.plain;
import static io.raftgres.operator.resource.Clusters.pod;
import static io.raftgres.operator.resource.Clusters.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodAntiAffinity;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.raftgres.operator.model.ForcedRecovery;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pods of the members, and the pod of a recovery. */
class PodsTest {

    @Test
    void everythingIsRestricted() {
        PodSpec pod = pod(plain());
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
        return pod(with("scheduling: " + scheduling)).getAffinity().getPodAntiAffinity();
    }

    /** OpenShift refuses another user than the namespace's, and itself adds that to /etc/passwd. */
    @Test
    void whereKubernetesAssignsTheUserThePodsNameNone() {
        PodSpec pod = Pods.template(plain(), "node:1", true).getSpec();
        assertNull(pod.getSecurityContext().getRunAsUser());
        assertNull(pod.getSecurityContext().getRunAsGroup());
        assertNull(pod.getSecurityContext().getFsGroup());
        assertTrue(pod.getSecurityContext().getRunAsNonRoot());
        assertFalse(mountsPasswd(pod));
        assertEquals(10001, pod(plain()).getSecurityContext().getRunAsUser());
        assertTrue(mountsPasswd(pod(plain())));
        PodSpec recovery = Pods.recovery(plain(), new ForcedRecovery("c-1", "0123456789abcdef"), "node:1", true)
                .getSpec();
        assertNull(recovery.getSecurityContext().getRunAsUser());
    }

    private static boolean mountsPasswd(PodSpec pod) {
        return pod.getInitContainers().getFirst().getVolumeMounts().stream()
                .anyMatch(mount -> mount.getMountPath().equals("/etc/passwd"));
    }

    @Test
    void aRecoveryRunsOnTheDataOfItsMember() {
        Pod pod = Pods.recovery(plain(), new ForcedRecovery("c-1", "0123456789abcdef"), "node:1", false);
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
}
