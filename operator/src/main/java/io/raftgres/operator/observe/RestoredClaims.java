package io.raftgres.operator.observe;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.resource.Names;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Names the claims that may exist without the operator's labels: an administrator has restored them from snapshots. A
 * StatefulSet finds its claims by name, so the operator must too.
 */
public final class RestoredClaims {

    /** The most replicas that a RaftCluster may have. */
    private static final int REPLICAS_MAX = 9;

    private RestoredClaims() {}

    /** @return names of claims that the cluster's members have or had, and that are not among these */
    static List<String> sought(
            Names names, Optional<StatefulSet> set, List<Pod> pods, List<PersistentVolumeClaim> labelled) {
        Set<String> seen = names(labelled);
        List<String> templates = set.map(it -> it.getSpec().getVolumeClaimTemplates().stream()
                        .map(claim -> claim.getMetadata().getName())
                        .toList())
                .orElse(List.of());
        int members = labelled.isEmpty() ? REPLICAS_MAX : members(names, set, pods, seen);
        return Stream.of(ClaimKind.values())
                .filter(kind ->
                        templates.isEmpty() || templates.contains(kind.name().toLowerCase(Locale.ROOT)))
                .flatMap(kind -> IntStream.range(0, members).mapToObj(ordinal -> names.claim(kind, ordinal)))
                .filter(name -> !seen.contains(name))
                .toList();
    }

    private static int members(Names names, Optional<StatefulSet> set, List<Pod> pods, Set<String> claims) {
        IntStream ofPods = pods.stream()
                .map(pod -> names.ordinal(pod.getMetadata().getName()))
                .flatMapToInt(OptionalInt::stream);
        IntStream ofClaims = claims.stream()
                .map(claim -> names.members().ordinal(ClaimKind.DATA, claim))
                .flatMapToInt(OptionalInt::stream);
        int highest = IntStream.concat(ofPods, ofClaims).max().orElse(-1);
        return Math.max(1 + highest, set.map(it -> it.getSpec().getReplicas()).orElse(0));
    }

    private static Set<String> names(Collection<PersistentVolumeClaim> claims) {
        return claims.stream().map(claim -> claim.getMetadata().getName()).collect(Collectors.toSet());
    }

    /** @return whether a RaftCluster has labelled it, this one or another */
    public static boolean isLabelled(PersistentVolumeClaim claim) {
        Map<String, String> labels = claim.getMetadata().getLabels();
        return labels != null && labels.containsKey(Names.CLUSTER_LABEL);
    }
}
