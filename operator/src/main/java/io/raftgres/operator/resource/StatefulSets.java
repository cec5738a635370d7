package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Builds the StatefulSet: it creates pods and claims, and only the operator decides when one is deleted. */
public final class StatefulSets {

    /**
     * Annotation of the StatefulSet: hash of the part of the spec from which the pod template was built. A newer
     * operator may build another template from the same spec. That template is not written, so an upgrade of the
     * operator restarts no pod.
     */
    public static final String TEMPLATE_OF = "raftgres.io/template-of";

    /**
     * Annotation of the StatefulSet: hash of the object as it was built then. It distinguishes a change by another
     * program from a newer operator's template.
     */
    public static final String BUILD = "raftgres.io/build";

    private StatefulSets() {}

    /**
     * @param image of the node
     * @param replicas number of pods
     * @param assignedUser whether Kubernetes assigns the pods' user
     */
    public static StatefulSet build(RaftCluster cluster, String image, int replicas, boolean assignedUser) {
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
                // All pods start at once: members wait for each other, so they must not start one by one.
                .withPodManagementPolicy("Parallel")
                .withNewUpdateStrategy()
                .withType("OnDelete")
                .endUpdateStrategy()
                // Kubernetes keeps the claims, also at 0 replicas in hibernation: only the operator deletes claims.
                .withNewPersistentVolumeClaimRetentionPolicy("Retain", "Retain")
                .withRevisionHistoryLimit(3)
                .withNewSelector()
                .withMatchLabels(names.selector())
                .endSelector()
                .withTemplate(Pods.template(cluster, image, assignedUser))
                .withVolumeClaimTemplates(claims)
                .endSpec()
                .build();
        set.getMetadata().getAnnotations().put(BUILD, buildOf(set));
        return set;
    }

    /** @return a hash of the part of the spec from which the pod template is built */
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
        // Without these fields the hash stays the same as in releases that did not have them.
        if (spec.allowedHosts() != null) {
            parts.add(spec.allowedHosts());
        }
        add("config", spec.config(), parts);
        add("env", spec.env(), parts);
        add("podTemplate", spec.podTemplate(), parts);
        add("clientHost", Services.clientHost(spec).orElse(null), parts);
        return Hash.of(parts);
    }

    /** @return the hash of the part of the spec from which this set's pod template was built; empty when unknown */
    public static String templateOf(StatefulSet set) {
        return Optional.ofNullable(set.getMetadata().getAnnotations())
                .map(all -> all.get(TEMPLATE_OF))
                .orElse("");
    }

    private static void add(String name, Object field, List<Object> parts) {
        if (field != null) {
            parts.add(Map.of(name, field));
        }
    }

    /** @return the same set, whose new claims say as which cluster its members begin: no claim is without that */
    public static StatefulSet begun(StatefulSet set, String begunAs) {
        return new StatefulSetBuilder(set)
                .editSpec()
                .withVolumeClaimTemplates(set.getSpec().getVolumeClaimTemplates().stream()
                        .map(claim -> new PersistentVolumeClaimBuilder(claim)
                                .editMetadata()
                                .addToAnnotations(BootstrapConfig.BEGUN_AS, begunAs)
                                .endMetadata()
                                .build())
                        .toList())
                .endSpec()
                .build();
    }

    /** @return a hash of the built object without its replicas and claims */
    public static String buildOf(StatefulSet set) {
        return Hash.of(Arrays.asList(
                set.getMetadata().getLabels(),
                set.getSpec().getTemplate(),
                set.getSpec().getUpdateStrategy(),
                set.getSpec().getPersistentVolumeClaimRetentionPolicy(),
                set.getSpec().getMinReadySeconds(),
                set.getSpec().getRevisionHistoryLimit()));
    }

    /** @return the node's image in the template; an empty text when there is none */
    public static String image(StatefulSet set) {
        return PodImages.of(set.getSpec().getTemplate().getSpec()).node();
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
                .addToRequests("storage", Sizes.whole(wanted.size()))
                .endResources()
                .endSpec()
                .build();
    }
}
