package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodAffinityTerm;
import io.fabric8.kubernetes.api.model.PodAffinityTermBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import io.raftgres.operator.api.v1alpha1.Scheduling;
import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.model.ForcedRecovery;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Builds the pod of a member, and the pod that recovers a member's data. */
public final class Pods {

    private static final String HOST = "kubernetes.io/hostname";
    private static final String ZONE = "topology.kubernetes.io/zone";
    static final long UID = 10001;

    /** Time for a node to transfer its leadership and flush its log, and for PostgreSQL to write a checkpoint. */
    private static final long GRACE_SECONDS = 90;

    private Pods() {}

    static PodTemplateSpec template(RaftCluster cluster, String image, boolean assignedUser) {
        RaftClusterSpec spec = cluster.getSpec();
        Names names = Names.of(cluster);
        Map<String, String> labels = new TreeMap<>(orEmpty(spec.podLabels()));
        labels.putAll(names.labels());
        labels.putAll(names.selector());
        PodTemplateSpec own = new PodTemplateSpecBuilder()
                .withNewMetadata()
                .withLabels(labels)
                .withAnnotations(orEmpty(spec.podAnnotations()))
                // PostgreSQL reads its settings when it starts, so a change of the settings replaces the pod.
                .addToAnnotations(
                        "raftgres.io/postgres-settings",
                        Hash.of(orEmpty(spec.postgres().settings())))
                .endMetadata()
                .withSpec(new PodSpecBuilder(common(cluster, assignedUser))
                        .withContainers(Containers.node(spec, names, image))
                        .withAffinity(affinity(spec.scheduling(), names))
                        .build())
                .build();
        return PodTemplates.merge(own, spec.podTemplate(), names, true);
    }

    /**
     * @param image of the node, the same as in the cluster's other pods
     * @param assignedUser whether Kubernetes assigns the pod's user
     */
    public static Pod recovery(RaftCluster cluster, ForcedRecovery recovery, String image, boolean assignedUser) {
        Names names = Names.of(cluster);
        int ordinal = names.ordinal(recovery.member()).orElseThrow();
        RaftClusterSpec spec = cluster.getSpec();
        PodTemplateSpec own = new PodTemplateSpecBuilder()
                .withMetadata(names.metadata(names.recoveryPod(), cluster))
                .editMetadata()
                .addToLabels("app.kubernetes.io/component", "recovery")
                .addToAnnotations(Names.RECOVERY_OF, recovery.member() + "/" + recovery.clusterId())
                .endMetadata()
                .withSpec(new PodSpecBuilder(common(cluster, assignedUser))
                        .withRestartPolicy("Never")
                        .withContainers(Containers.recovery(spec, names, image, recovery.member()))
                        .addToVolumes(claim(Containers.DATA, names.claim(ClaimKind.DATA, ordinal)))
                        .addAllToVolumes(
                                spec.storage().log() == null
                                        ? List.of()
                                        : List.of(claim(Containers.LOG, names.claim(ClaimKind.LOG, ordinal))))
                        .build())
                .build();
        PodTemplateSpec merged = PodTemplates.merge(own, spec.podTemplate(), names, false);
        return new PodBuilder()
                .withMetadata(merged.getMetadata())
                .withSpec(merged.getSpec())
                .build();
    }

    private static PodSpec common(RaftCluster cluster, boolean assignedUser) {
        RaftClusterSpec spec = cluster.getSpec();
        Names names = Names.of(cluster);
        return new PodSpecBuilder()
                .withServiceAccountName(names.cluster())
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withTerminationGracePeriodSeconds(GRACE_SECONDS)
                .withImagePullSecrets(spec.imagePullSecrets())
                .withNodeSelector(spec.scheduling().nodeSelector())
                .withTolerations(spec.scheduling().tolerations())
                .withPriorityClassName(spec.scheduling().priorityClassName())
                .withSecurityContext(securityContext(assignedUser))
                .withInitContainers(Containers.postgres(spec, assignedUser))
                .withVolumes(
                        empty(Containers.TEMPORARY),
                        empty(Containers.POSTGRES_TEMPORARY),
                        empty(Containers.SOCKET),
                        new VolumeBuilder()
                                .withName(Containers.SETTINGS)
                                .withNewConfigMap()
                                .withName(names.postgresConfig())
                                .endConfigMap()
                                .build())
                .build();
    }

    /** OpenShift gives each namespace its own user and group, and refuses others. */
    private static PodSecurityContext securityContext(boolean assignedUser) {
        Long id = assignedUser ? null : UID;
        return new PodSecurityContextBuilder()
                .withRunAsUser(id)
                .withRunAsGroup(id)
                .withFsGroup(id)
                .withRunAsNonRoot(true)
                // Do not change the owner of every file in a large volume at every start.
                .withFsGroupChangePolicy("OnRootMismatch")
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .build();
    }

    /**
     * Members always prefer separate hosts and zones; with Required, two members never share a host. Zones are never
     * required: with fewer zones than members some member would wait permanently. It uses anti-affinity, because a
     * topology spread constraint refuses machines without its label, and many have no zone label.
     */
    private static Affinity affinity(Scheduling scheduling, Names names) {
        var apart = (scheduling.affinity() == null ? new AffinityBuilder() : new AffinityBuilder(scheduling.affinity()))
                .editOrNewPodAntiAffinity()
                .addNewPreferredDuringSchedulingIgnoredDuringExecution()
                .withWeight(100)
                .withPodAffinityTerm(members(HOST, names))
                .endPreferredDuringSchedulingIgnoredDuringExecution()
                .addNewPreferredDuringSchedulingIgnoredDuringExecution()
                .withWeight(50)
                .withPodAffinityTerm(members(ZONE, names))
                .endPreferredDuringSchedulingIgnoredDuringExecution();
        if (scheduling.spread().equals("Required")) {
            apart = apart.addToRequiredDuringSchedulingIgnoredDuringExecution(members(HOST, names));
        }
        return apart.endPodAntiAffinity().build();
    }

    private static PodAffinityTerm members(String domain, Names names) {
        return new PodAffinityTermBuilder()
                .withTopologyKey(domain)
                .withNewLabelSelector()
                .withMatchLabels(names.selector())
                .endLabelSelector()
                .build();
    }

    private static Volume empty(String name) {
        return new VolumeBuilder()
                .withName(name)
                .withNewEmptyDir()
                .endEmptyDir()
                .build();
    }

    private static Volume claim(String name, String claim) {
        return new VolumeBuilder()
                .withName(name)
                .withNewPersistentVolumeClaim(claim, false)
                .build();
    }

    static Map<String, String> orEmpty(Map<String, String> map) {
        return map == null ? Map.of() : map;
    }
}
