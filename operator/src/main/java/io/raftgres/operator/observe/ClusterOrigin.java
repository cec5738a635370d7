package io.raftgres.operator.observe;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.resource.BootstrapConfig;
import io.raftgres.operator.resource.Names;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How a RaftCluster without its ConfigMap begins. Only the annotations of its claims decide: blank members must not
 * begin a second cluster next to the data of a former one.
 */
public sealed interface ClusterOrigin {

    /** There is no claim: an empty cluster begins. */
    record Empty() implements ClusterOrigin {}

    /**
     * The claims are those of a cluster of this name that began, and had no leader yet. It begins again as the same
     * cluster, which is as safe as a restart of its pods, because every disk is there.
     *
     * @param begunAs the annotation {@link BootstrapConfig#BEGUN_AS}
     */
    record Unformed(String begunAs) implements ClusterOrigin {}

    /** @param id of the cluster whose data the claims have; empty when the annotation is empty */
    record Data(Optional<String> id) implements ClusterOrigin {}

    /**
     * Nothing may begin.
     *
     * @param claim the first claim in question
     * @param sentence which claims are in question, why, and what to do
     */
    record Unknown(PersistentVolumeClaim claim, String sentence) implements ClusterOrigin {}

    /** @param labelled the claims that have the cluster's label */
    static ClusterOrigin of(Names names, List<PersistentVolumeClaim> labelled) {
        List<PersistentVolumeClaim> claims = labelled.stream()
                .filter(claim -> claim.getMetadata().getDeletionTimestamp() == null)
                .filter(claim -> isMember(names, name(claim)))
                .toList();
        Map<String, String> ids = new TreeMap<>();
        claims.forEach(claim ->
                id(claim).ifPresent(id -> ids.merge(id, name(claim), (one, more) -> one + ", " + more)));
        if (claims.isEmpty()) {
            return new Empty();
        }
        if (ids.keySet().stream().filter(id -> !id.isEmpty()).count() > 1) {
            return new Unknown(claims.getFirst(), different(ids));
        }
        return ids.isEmpty()
                ? unformed(names, claims)
                : new Data(ids.keySet().stream().filter(id -> !id.isEmpty()).findFirst());
    }

    /** @return the id of the cluster to which the claim's data belongs; an empty text when only that is known */
    static Optional<String> id(PersistentVolumeClaim claim) {
        return annotation(claim, Names.CLUSTER_ID);
    }

    private static ClusterOrigin unformed(Names names, List<PersistentVolumeClaim> claims) {
        List<PersistentVolumeClaim> unmarked = claims.stream()
                .filter(claim -> annotation(claim, BootstrapConfig.BEGUN_AS).isEmpty())
                .toList();
        if (!unmarked.isEmpty()) {
            return unknown(unmarked, "Nothing says which cluster's data it has");
        }
        Set<String> begun = claims.stream()
                .map(claim -> annotation(claim, BootstrapConfig.BEGUN_AS).orElseThrow())
                .collect(Collectors.toSet());
        OptionalInt first = BootstrapConfig.first(begun.iterator().next());
        if (begun.size() > 1 || first.isEmpty()) {
            return unknown(claims, "The members began as different clusters");
        }
        List<String> missing = missing(names, claims, first.getAsInt());
        return missing.isEmpty()
                ? new Unformed(begun.iterator().next())
                : unknown(
                        claims, "The cluster began also with " + String.join(", ", missing) + ", which does not exist");
    }

    private static List<String> missing(Names names, List<PersistentVolumeClaim> claims, int first) {
        Set<String> present = claims.stream().map(ClusterOrigin::name).collect(Collectors.toSet());
        return Stream.of(ClaimKind.values())
                .filter(kind -> present.stream()
                        .anyMatch(claim -> names.members().ordinal(kind, claim).isPresent()))
                .flatMap(kind -> IntStream.range(0, first).mapToObj(ordinal -> names.claim(kind, ordinal)))
                .filter(claim -> !present.contains(claim))
                .toList();
    }

    private static Unknown unknown(List<PersistentVolumeClaim> claims, String why) {
        String all = claims.stream().map(ClusterOrigin::name).collect(Collectors.joining(" "));
        return new Unknown(
                claims.getFirst(),
                "has the label " + Names.CLUSTER_LABEL + ", and no annotation " + Names.CLUSTER_ID + ". " + why
                        + ", so the operator begins no cluster, which might be an empty one next to that data, and"
                        + " waits. To continue with the data, give the id that its cluster had, or an empty one if you"
                        + " do not know it: kubectl annotate pvc " + all + " " + Names.CLUSTER_ID + "=ID. To begin with"
                        + " an empty cluster, delete the data: kubectl delete pvc " + all);
    }

    private static String different(Map<String, String> ids) {
        return "belongs to a RaftCluster whose claims have the data of different clusters, by their annotation "
                + Names.CLUSTER_ID + ": "
                + ids.entrySet().stream()
                        .map(each -> "'" + each.getKey() + "' on " + each.getValue())
                        .collect(Collectors.joining("; "))
                + ". The operator begins no cluster, and waits. Delete the claims that do not belong here, or correct"
                + " the annotation: kubectl annotate --overwrite pvc NAME " + Names.CLUSTER_ID + "=ID";
    }

    private static boolean isMember(Names names, String claim) {
        return Stream.of(ClaimKind.values())
                .anyMatch(kind -> names.members().ordinal(kind, claim).isPresent());
    }

    private static String name(PersistentVolumeClaim claim) {
        return claim.getMetadata().getName();
    }

    private static Optional<String> annotation(PersistentVolumeClaim claim, String name) {
        return Optional.ofNullable(claim.getMetadata().getAnnotations()).map(all -> all.get(name));
    }
}
