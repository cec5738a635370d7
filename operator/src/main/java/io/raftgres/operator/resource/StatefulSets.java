package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The StatefulSet: it makes pods and claims, and the operator alone says when one goes. */
public final class StatefulSets {

    /**
     * On the StatefulSet: what of the spec the pod template was built from. A newer operator may build another template
     * from the same spec; it is not written, so that an upgrade of the operator restarts nothing.
     */
    public static final String TEMPLATE_OF = "raftgres.io/template-of";

    /**
     * On the StatefulSet: a hash of what was built then, so that a change by somebody else is told from a newer build.
     */
    public static final String BUILD = "raftgres.io/build";

    private StatefulSets() {}

    /** @param image of the node @param replicas how many pods it has */
    public static StatefulSet build(RaftCluster cluster, String image, int replicas) {
        Names names = Names.of(cluster);
        RaftClusterSpec spec = cluster.getSpec();
        List<PersistentVolumeClaim> claims = new ArrayList<>();
        claims.add(claim(Containers.DATA, spec.storage().data(), names));
        if (spec.storage().log() != null) {
            claims.add(claim(Containers.LOG, spec.storage().log(), names));
        }
        StatefulSet set = new StatefulSetBuilder()
                .withMetadata(names.metadata(names.cluster(), cluster))
                .editMetadata()
                .addToAnnotations(TEMPLATE_OF, templateOf(cluster, image))
                .endMetadata()
                .withNewSpec()
                .withServiceName(names.peersService())
                .withReplicas(replicas)
                // All at once: members wait for each other, not for their turn.
                .withPodManagementPolicy("Parallel")
                .withNewUpdateStrategy()
                .withType("OnDelete")
                .endUpdateStrategy()
                // Hibernation sets no replicas: the operator itself deletes claims.
                .withNewPersistentVolumeClaimRetentionPolicy("Retain", "Retain")
                .withRevisionHistoryLimit(3)
                .withNewSelector()
                .withMatchLabels(names.selector())
                .endSelector()
                .withTemplate(Pods.template(cluster, image))
                .withVolumeClaimTemplates(claims)
                .endSpec()
                .build();
        set.getMetadata().getAnnotations().put(BUILD, buildOf(set));
        return set;
    }

    /** @return a hash of all in the spec that the pod template is made from */
    public static String templateOf(RaftCluster cluster, String image) {
        RaftClusterSpec spec = cluster.getSpec();
        List<Object> parts = new ArrayList<>(Arrays.asList(
                image,
                spec.imagePullPolicy(),
                spec.imagePullSecrets(),
                spec.resources(),
                spec.storage().log() != null,
                spec.postgres(),
                spec.history(),
                spec.scheduling(),
                spec.podLabels(),
                spec.podAnnotations()));
        if (spec.allowedHosts() != null) {
            // Of releases before this field the hash stays what it was.
            parts.add(spec.allowedHosts());
        }
        return Hash.of(parts);
    }

    /** @return a hash of all that is built but the number of pods and the claims */
    public static String buildOf(StatefulSet set) {
        return Hash.of(Arrays.asList(
                set.getMetadata().getLabels(),
                set.getSpec().getTemplate(),
                set.getSpec().getUpdateStrategy(),
                set.getSpec().getPersistentVolumeClaimRetentionPolicy(),
                set.getSpec().getMinReadySeconds(),
                set.getSpec().getRevisionHistoryLimit()));
    }

    /** @return the node's image in the template; empty text when there is none */
    public static String image(StatefulSet set) {
        return set.getSpec().getTemplate().getSpec().getContainers().stream()
                .filter(container -> container.getName().equals(Containers.NODE))
                .map(container -> container.getImage())
                .findFirst()
                .orElse("");
    }

    private static PersistentVolumeClaim claim(String name, RaftClusterSpec.Claim wanted, Names names) {
        return new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(names.labels())
                .endMetadata()
                .withNewSpec()
                .withAccessModes("ReadWriteOnce")
                .withStorageClassName(wanted.storageClassName())
                .withNewResources()
                .addToRequests("storage", Quantity.parse(wanted.size()))
                .endResources()
                .endSpec()
                .build();
    }
}
