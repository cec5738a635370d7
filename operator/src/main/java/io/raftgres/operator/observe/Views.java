package io.raftgres.operator.observe;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.model.ClaimView;
import io.raftgres.operator.model.ForcedRecovery;
import io.raftgres.operator.model.ImagePolicy;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.PodView;
import io.raftgres.operator.model.RecoveryPhase;
import io.raftgres.operator.model.RecoveryView;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.model.SetView;
import io.raftgres.operator.model.Wanted;
import io.raftgres.operator.raft.MergedStatus;
import io.raftgres.operator.raft.NodeResponse;
import io.raftgres.operator.resource.Names;
import io.raftgres.operator.resource.Sizes;
import io.raftgres.operator.resource.StatefulSets;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Stream;

/** Turns live objects into the planner's observation. */
public final class Views {

    private Views() {}

    /** @param refused the writes that stand refused */
    public static Observed of(RaftCluster cluster, Live live, List<RefusedWrite> refused, ImagePolicy images) {
        Names names = Names.of(cluster);
        return new Observed(
                names.cluster(),
                wanted(cluster, live, images),
                live.bootstrap().map(it -> it.formed()).orElse(false),
                live.bootstrap().flatMap(it -> it.clusterId()),
                live.bootstrap().map(it -> it.first()).orElse(cluster.getSpec().replicas()),
                live.set().map(Views::set),
                live.pods().stream()
                        .map(pod -> pod(pod, live, names))
                        .sorted(Comparator.comparingInt(PodView::ordinal))
                        .toList(),
                live.claims().stream()
                        .flatMap(claim -> claim(claim, live, names).stream())
                        .sorted(Comparator.comparingInt(ClaimView::ordinal).thenComparing(ClaimView::kind))
                        .toList(),
                MergedStatus.of(live.responses()),
                live.recovery().map(Views::recoveryRun),
                refused);
    }

    private static Wanted wanted(RaftCluster cluster, Live live, ImagePolicy images) {
        RaftClusterSpec spec = cluster.getSpec();
        return new Wanted(
                spec.replicas(),
                spec.paused(),
                spec.hibernated(),
                Sizes.bytes(spec.storage().data().size()),
                spec.storage().log() == null
                        ? OptionalLong.empty()
                        : OptionalLong.of(Sizes.bytes(spec.storage().log().size())),
                recovery(cluster, live),
                images);
    }

    /** Each recovery runs once: the status records it, and the ConfigMap no longer has the old cluster's id. */
    private static Optional<ForcedRecovery> recovery(RaftCluster cluster, Live live) {
        String done = cluster.getStatus() == null ? null : cluster.getStatus().recoveredFrom();
        boolean forgotten = live.recovery().isEmpty()
                && live.bootstrap()
                        .filter(it -> it.formed() && it.clusterId().isEmpty())
                        .isPresent();
        return Optional.ofNullable(cluster.getSpec().recovery())
                .map(RaftClusterSpec.RecoveryRequest::forceNewCluster)
                .filter(asked -> !forgotten && !asked.clusterId().equals(done))
                .map(asked -> new ForcedRecovery(asked.member(), asked.clusterId()));
    }

    static SetView set(StatefulSet set) {
        Function<String, OptionalLong> size = name -> set.getSpec().getVolumeClaimTemplates().stream()
                .filter(claim -> claim.getMetadata().getName().equals(name))
                .mapToLong(Views::bytes)
                .findFirst();
        return new SetView(
                set.getMetadata().getUid(),
                set.getSpec().getReplicas(),
                revision(set),
                size.apply("data").orElse(0),
                size.apply("log"),
                isSeen(set) ? StatefulSets.templateOf(set) : "");
    }

    private static String revision(StatefulSet set) {
        return set.getStatus() == null || set.getStatus().getUpdateRevision() == null
                ? ""
                : set.getStatus().getUpdateRevision();
    }

    /** Whether the StatefulSet's controller has seen its latest change. Before, its status has the former revision. */
    public static boolean isSeen(StatefulSet set) {
        return set.getStatus() != null
                && set.getStatus().getObservedGeneration() != null
                && set.getStatus().getObservedGeneration() >= set.getMetadata().getGeneration();
    }

    private static PodView pod(Pod pod, Live live, Names names) {
        String revision = pod.getMetadata().getLabels().getOrDefault("controller-revision-hash", "");
        boolean current = live.set().isEmpty() || revision(live.set().get()).equals(revision);
        NodeResponse response = live.responses().get(pod.getMetadata().getName());
        return new PodView(
                names.ordinal(pod.getMetadata().getName()).orElseThrow(),
                pod.getMetadata().getResourceVersion(),
                PodTrouble.ready(pod),
                current,
                pod.getMetadata().getDeletionTimestamp() != null,
                response instanceof NodeResponse.Removed,
                PodTrouble.of(pod),
                PodTrouble.isConfirmed(pod, response),
                response instanceof NodeResponse.Silent silent ? Optional.of(silent.reason()) : Optional.empty());
    }

    static Optional<ClaimView> claim(PersistentVolumeClaim claim, Live live, Names names) {
        String name = claim.getMetadata().getName();
        return Stream.of(ClaimKind.values())
                .flatMap(kind -> {
                    OptionalInt ordinal = names.members().ordinal(kind, name);
                    return ordinal.isEmpty()
                            ? Stream.<ClaimView>empty()
                            : Stream.of(new ClaimView(
                                    kind,
                                    ordinal.getAsInt(),
                                    claim.getMetadata().getUid(),
                                    bytes(claim),
                                    capacity(claim),
                                    live.growable()
                                            .contains(String.valueOf(
                                                    claim.getSpec().getStorageClassName())),
                                    claim.getMetadata().getDeletionTimestamp() != null,
                                    ClaimResize.of(claim)));
                })
                .findFirst();
    }

    static RecoveryView recoveryRun(Pod pod) {
        List<String> of = List.of(Optional.ofNullable(pod.getMetadata().getAnnotations())
                .map(all -> all.get(Names.RECOVERY_OF))
                .orElse("/")
                .split("/", 2));
        ForcedRecovery recovery = new ForcedRecovery(of.get(0), of.get(1));
        Optional<ContainerStateTerminated> end = PodTrouble.ended(pod, "node");
        RecoveryPhase phase = recoveryPhase(pod, end);
        String message = switch (phase) {
            case SUCCEEDED -> "";
            case FAILED ->
                end.map(PodTrouble::lastWords)
                        .orElseGet(() -> String.valueOf(pod.getStatus().getMessage()));
            case PENDING, RUNNING -> PodTrouble.of(pod).orElse("");
        };
        return new RecoveryView(recovery, phase, pod.getMetadata().getResourceVersion(), message);
    }

    private static RecoveryPhase recoveryPhase(Pod pod, Optional<ContainerStateTerminated> end) {
        if (end.isPresent()) {
            return end.get().getExitCode() == 0 ? RecoveryPhase.SUCCEEDED : RecoveryPhase.FAILED;
        }
        if ("Failed".equals(pod.getStatus().getPhase())) {
            return RecoveryPhase.FAILED;
        }
        return PodTrouble.runs(pod, "node") ? RecoveryPhase.RUNNING : RecoveryPhase.PENDING;
    }

    private static long capacity(PersistentVolumeClaim claim) {
        return Optional.ofNullable(claim.getStatus())
                .map(PersistentVolumeClaimStatus::getCapacity)
                .map(capacity -> capacity.get("storage"))
                .map(Sizes::bytes)
                .orElse(0L);
    }

    private static long bytes(PersistentVolumeClaim claim) {
        return Sizes.bytes(claim.getSpec().getResources().getRequests().get("storage"));
    }
}
