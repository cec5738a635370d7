package io.raftgres.operator.apply;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.raftgres.operator.OperatorConfig;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RaftView;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.observe.ClusterOrigin;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.observe.ObjectReader;
import io.raftgres.operator.observe.UncreatedPods;
import io.raftgres.operator.plan.Step;
import io.raftgres.operator.resource.BootstrapConfig;
import io.raftgres.operator.resource.Configs;
import io.raftgres.operator.resource.DisruptionBudgets;
import io.raftgres.operator.resource.Names;
import io.raftgres.operator.resource.PodMonitors;
import io.raftgres.operator.resource.ServiceAccounts;
import io.raftgres.operator.resource.Services;
import io.raftgres.operator.resource.SpecRefusedException;
import io.raftgres.operator.resource.StatefulSets;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.net.HttpURLConnection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Writes the objects that need no plan: they may be written in any order and at any time, and restart no pod. */
@ApplicationScoped
public class SupportingResources {

    @Inject
    KubernetesClient client;

    @Inject
    ServerSideApply apply;

    @Inject
    Events events;

    @Inject
    WriteAttempts attempts;

    @Inject
    Platform platform;

    @Inject
    PodMonitorChecks monitors;

    @Inject
    OperatorConfig config;

    /** @return whether the observation is out of date now */
    public boolean apply(RaftCluster cluster, Live live) {
        unplanned(cluster).forEach(wanted -> write(cluster, wanted));
        monitor(cluster);
        live.bootstrap()
                .ifPresent(bootstrap -> live.claims()
                        .forEach(claim -> claim(
                                cluster, claim, "id", needsMark(claim, bootstrap), () -> mark(claim, bootstrap))));
        live.claims()
                .forEach(claim ->
                        claim(cluster, claim, "label", isRestored(cluster, claim), () -> adopt(cluster, claim)));
        live.bootstrap()
                .filter(bootstrap -> !Live.isOwned(live.bootstrapOwners(), cluster))
                .ifPresent(bootstrap -> own(cluster, bootstrap.build(cluster)));
        boolean begun = live.bootstrap().isEmpty()
                && attempts.write(cluster, "ConfigMap", Names.of(cluster).bootstrapConfig(), () -> {
                    apply.write(begin(cluster, live).build(cluster));
                    return true;
                });
        return live.set()
                        .map(set ->
                                attempts.write(cluster, "StatefulSet", name(set), () -> template(cluster, live, set)))
                        .orElse(false)
                || begun;
    }

    /** The objects that depend on nothing but the spec. */
    private static List<HasMetadata> unplanned(RaftCluster cluster) {
        return List.of(
                ServiceAccounts.build(cluster),
                Configs.postgres(cluster),
                Services.clients(cluster),
                Services.leader(cluster),
                Services.peers(cluster));
    }

    /**
     * @return whether {@link #apply}, {@link #uncreated}, {@link #budget} and {@link #markLeader} would write and
     *     report nothing
     */
    boolean isUpToDate(RaftCluster cluster, Live live, Observed seen, Step step, ObjectReader cached) {
        return unplanned(cluster).stream().allMatch(wanted -> isUpToDate(cluster, wanted, cached))
                && voters(seen, step).stream().allMatch(voters -> isBudgetUpToDate(cluster, voters, cached))
                && monitors.isChecked(cluster)
                && live.bootstrap()
                        .filter(bootstrap -> isUpToDate(cluster, live, bootstrap))
                        .isPresent()
                && live.set().stream().allMatch(set -> isUpToDate(cluster, live, set))
                && live.pods().stream().noneMatch(pod -> attempts.isFound(cluster, pod.getKind(), name(pod)))
                && relabelled(live, seen.raft().flatMap(RaftView::leader)).stream()
                        .allMatch(pod -> attempts.isHeldBack(cluster, pod.getKind(), name(pod)));
    }

    private boolean isUpToDate(RaftCluster cluster, HasMetadata wanted, ObjectReader cached) {
        return attempts.isHeldBack(cluster, wanted.getKind(), name(wanted))
                || cached.get(wanted.getClass(), name(wanted))
                        .filter(live -> apply.isUpToDate(wanted, live))
                        .isPresent();
    }

    private boolean isBudgetUpToDate(RaftCluster cluster, int voters, ObjectReader cached) {
        return DisruptionBudgets.build(cluster, voters)
                .map(budget -> isUpToDate(cluster, budget, cached))
                .orElseGet(() -> cached.get(
                                PodDisruptionBudget.class, cluster.getMetadata().getName())
                        .isEmpty());
    }

    private boolean isUpToDate(RaftCluster cluster, Live live, BootstrapConfig bootstrap) {
        return (Live.isOwned(live.bootstrapOwners(), cluster)
                        || attempts.isHeldBack(
                                cluster, "ConfigMap", Names.of(cluster).bootstrapConfig()))
                && live.claims().stream()
                        .allMatch(claim -> (!isRestored(cluster, claim) || isHeldBack(cluster, claim, "label"))
                                && (!needsMark(claim, bootstrap) || isHeldBack(cluster, claim, "id")));
    }

    private boolean isHeldBack(RaftCluster cluster, PersistentVolumeClaim claim, String change) {
        return attempts.isHeldBack(cluster, claim.getKind(), name(claim) + " " + change);
    }

    private boolean isUpToDate(RaftCluster cluster, Live live, StatefulSet set) {
        return UncreatedPods.missing(Names.of(cluster), live).isEmpty()
                && (attempts.isHeldBack(cluster, set.getKind(), name(set))
                        || isOwned(set) && wantedTemplate(cluster, live, set).isEmpty());
    }

    /**
     * Applies the ConfigMap again with its owner, which {@code kubectl delete --cascade=orphan} has removed. Without an
     * owner, the deletion of this RaftCluster would keep the data and the ConfigMap.
     */
    private void own(RaftCluster cluster, ConfigMap bootstrap) {
        attempts.write(cluster, "ConfigMap", name(bootstrap), () -> {
            apply.write(bootstrap);
            return true;
        });
    }

    private void claim(
            RaftCluster cluster, PersistentVolumeClaim claim, String change, boolean needed, Runnable write) {
        attempts.write(cluster, "PersistentVolumeClaim", name(claim), change, needed, write);
    }

    private void write(RaftCluster cluster, HasMetadata wanted) {
        attempts.write(cluster, wanted.getKind(), name(wanted), () -> apply.apply(wanted));
    }

    private void remove(RaftCluster cluster, HasMetadata unwanted) {
        attempts.write(cluster, unwanted.getKind(), name(unwanted), () -> {
            apply.remove(unwanted);
            return false;
        });
    }

    private static String name(HasMetadata object) {
        return object.getMetadata().getName();
    }

    private BootstrapConfig begin(RaftCluster cluster, Live live) {
        String image = live.set().map(StatefulSets::image).orElseGet(config::nodeImage);
        boolean assigned = platform.assignsUsers();
        return switch (ClusterOrigin.of(Names.of(cluster), live.claims())) {
            case ClusterOrigin.Empty it -> BootstrapConfig.initial(cluster, Optional.empty(), false, image, assigned);
            case ClusterOrigin.Data it -> BootstrapConfig.initial(cluster, it.id(), true, image, assigned);
            case ClusterOrigin.Unformed it -> BootstrapConfig.again(it.begunAs(), image, assigned);
            // The reconciler comes here only without such a claim.
            case ClusterOrigin.Unknown it ->
                throw new SpecRefusedException(
                        "PersistentVolumeClaim " + it.claim().getMetadata().getName() + " " + it.sentence());
        };
    }

    /**
     * Writes the disruption budget of the voters that there are, before the step that removes one of them. Without a
     * leader the budget stays as it is.
     */
    public void budget(RaftCluster cluster, Observed seen, Step step) {
        voters(seen, step).ifPresent(voters -> budget(cluster, voters));
    }

    /** @return number of voters after the step; empty when nothing says how many there are */
    static OptionalInt voters(Observed seen, Step step) {
        Optional<RaftView> led = seen.raft().filter(raft -> raft.leader().isPresent());
        if (led.isEmpty()) {
            return seen.formed() ? OptionalInt.empty() : OptionalInt.of(seen.firstMembers());
        }
        return OptionalInt.of((int) led.get().members().stream()
                .filter(MemberView::voter)
                .filter(member -> !(step instanceof Step.RemoveMember remove
                        && remove.memberId().equals(member.id())))
                .count());
    }

    private void budget(RaftCluster cluster, int voters) {
        DisruptionBudgets.build(cluster, voters)
                .ifPresentOrElse(
                        budget -> write(cluster, budget),
                        () -> remove(
                                cluster,
                                new PodDisruptionBudgetBuilder()
                                        .withMetadata(Names.of(cluster)
                                                .metadata(Names.of(cluster).cluster(), cluster))
                                        .build()));
    }

    private void monitor(RaftCluster cluster) {
        attempts.read(cluster, "PodMonitor", monitors::isKindKnown).ifPresent(known -> {
            monitor(cluster, known);
            monitors.checked(cluster);
        });
    }

    private void monitor(RaftCluster cluster, boolean known) {
        Optional<GenericKubernetesResource> monitor = PodMonitors.build(cluster);
        if (monitor.isPresent() && !known) {
            attempts.refuse(
                    cluster,
                    new RefusedWrite(
                            "PodMonitor",
                            Names.of(cluster).cluster(),
                            RefusedWrite.Reason.REFUSED,
                            "spec.podMonitor is enabled, but this Kubernetes cluster does not know PodMonitors:"
                                    + " install the Prometheus operator, or set spec.podMonitor.enabled to false"));
            return;
        }
        attempts.unwanted(cluster, "PodMonitor", Names.of(cluster).cluster());
        if (known) {
            monitor.ifPresentOrElse(
                    wanted -> write(cluster, wanted), () -> remove(cluster, PodMonitors.withoutSpec(cluster)));
        }
    }

    /** A deleted claim without the label is not adopted: it goes, and may be another program's. */
    private static boolean isRestored(RaftCluster cluster, PersistentVolumeClaim claim) {
        return !Names.of(cluster).isLabelled(claim) && claim.getMetadata().getDeletionTimestamp() == null;
    }

    /** Labels a claim that an administrator has restored under a member's name. */
    private void adopt(RaftCluster cluster, PersistentVolumeClaim claim) {
        // With the uid as a precondition: another claim of the same name is not labelled.
        patch(
                claim,
                Map.of(
                        "uid",
                        claim.getMetadata().getUid(),
                        "labels",
                        Names.of(cluster).labels()));
        events.record(
                cluster,
                "AdoptClaim",
                "takes up claim " + claim.getMetadata().getName() + ", which has the name of a member's claim");
    }

    /**
     * Annotates a claim of a formed cluster. The annotation outlives the RaftCluster, as the data does. The id of
     * another cluster stays, except after a recovery, until the new cluster's id is known.
     */
    void mark(PersistentVolumeClaim claim, BootstrapConfig bootstrap) {
        if (needsMark(claim, bootstrap)) {
            patch(
                    claim,
                    Map.of(
                            "uid",
                            claim.getMetadata().getUid(),
                            "annotations",
                            Map.of(Names.CLUSTER_ID, bootstrap.clusterId().orElse(""))));
        }
    }

    private static boolean needsMark(PersistentVolumeClaim claim, BootstrapConfig bootstrap) {
        String id = bootstrap.clusterId().orElse("");
        String before = Optional.ofNullable(annotation(claim.getMetadata(), Names.CLUSTER_ID))
                .orElse("");
        boolean other = !before.isEmpty() && !id.isEmpty() && !before.equals(id);
        boolean marked = id.equals(annotation(claim.getMetadata(), Names.CLUSTER_ID));
        return bootstrap.formed() && claim.getMetadata().getDeletionTimestamp() == null && !marked && !other;
    }

    /** An object that is gone needs no patch. */
    private void patch(HasMetadata object, Map<String, Object> metadata) {
        try {
            MetadataPatch.merge(client, object, metadata);
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
        }
    }

    /** Reports the pods that Kubernetes cannot create. */
    public void uncreated(RaftCluster cluster, Live live, Map<String, String> refusals) {
        Names names = Names.of(cluster);
        int replicas = live.set().map(set -> set.getSpec().getReplicas()).orElse(0);
        for (int ordinal = 0; ordinal < replicas; ordinal++) {
            String pod = names.member(ordinal);
            if (refusals.containsKey(pod)) {
                String sentence = "Kubernetes cannot create pod " + pod + ": " + refusals.get(pod) + ". Correct the"
                        + " RaftCluster's spec, or the quota, policy or webhook that the sentence names; Kubernetes"
                        + " tries again after up to 17 minutes";
                attempts.refuse(cluster, new RefusedWrite("Pod", pod, RefusedWrite.Reason.REFUSED, sentence));
            } else {
                attempts.unwanted(cluster, "Pod", pod);
            }
        }
    }

    /**
     * The template of the pods that come: pods that are there go on until the plan restarts them. Written when the spec
     * asks for another, or another client has changed it; not because this operator would build it otherwise than an
     * older one did.
     */
    private boolean template(RaftCluster cluster, Live live, StatefulSet set) {
        if (!isOwned(set)) {
            // The deletion of the RaftCluster stops only a StatefulSet that it owns.
            patch(set, Map.of("ownerReferences", List.of(Names.owner(cluster))));
        }
        Optional<StatefulSet> wanted = wantedTemplate(cluster, live, set);
        wanted.ifPresent(it -> dropped(cluster, it, apply.write(it)));
        if (wanted.isEmpty() && !attempts.isReported(cluster, set.getKind(), name(set))) {
            attempts.unwanted(cluster, set.getKind(), name(set));
        }
        return wanted.isPresent();
    }

    private static boolean isOwned(StatefulSet set) {
        return !set.getMetadata().getOwnerReferences().isEmpty();
    }

    /** @return empty when the template stays as it is */
    private Optional<StatefulSet> wantedTemplate(RaftCluster cluster, Live live, StatefulSet set) {
        StatefulSet wanted = new StatefulSetBuilder(StatefulSets.build(
                        cluster, image(cluster, live), set.getSpec().getReplicas(), assignedUser(live)))
                // The claims' sizes in it cannot be changed; the plan recreates the StatefulSet for that.
                .editSpec()
                .withVolumeClaimTemplates(set.getSpec().getVolumeClaimTemplates())
                .endSpec()
                .build();
        ServerSideApply.requireOurs(wanted, set);
        boolean drifted = same(StatefulSets.BUILD, wanted, set)
                && !attempts.isReported(cluster, set.getKind(), name(set))
                && apply.drifted(wanted, set);
        return same(StatefulSets.TEMPLATE_OF, wanted, set) && !drifted ? Optional.empty() : Optional.of(wanted);
    }

    /** Reports the fields that the API server has dropped: otherwise they would be written again in each round. */
    private void dropped(RaftCluster cluster, StatefulSet wanted, HasMetadata written) {
        String fields = apply.dropped(wanted, written);
        String sentence = "Kubernetes drops fields of StatefulSet " + name(wanted) + " without an error: " + fields
                + ". A feature gate or a webhook does so. Enable that feature, or remove the fields from the"
                + " RaftCluster's spec.podTemplate";
        if (fields.isEmpty()) {
            attempts.unwanted(cluster, wanted.getKind(), name(wanted));
        } else {
            attempts.refuse(
                    cluster, new RefusedWrite(wanted.getKind(), name(wanted), RefusedWrite.Reason.REFUSED, sentence));
        }
    }

    private static boolean same(String annotation, StatefulSet wanted, StatefulSet live) {
        return annotation(wanted.getMetadata(), annotation).equals(annotation(live.getMetadata(), annotation));
    }

    /** @return the node's image: from the spec, else the one that the cluster has */
    public String image(RaftCluster cluster, Live live) {
        String asked = cluster.getSpec().image();
        if (asked != null && !asked.isBlank()) {
            return asked;
        }
        return live.set()
                .map(StatefulSets::image)
                .or(() -> live.bootstrap().map(BootstrapConfig::image))
                .filter(image -> !image.isBlank())
                .orElseGet(config::nodeImage);
    }

    /** The data belongs to the user that the pods had first, so that is never changed. */
    static boolean assignedUser(Live live) {
        return live.bootstrap().map(BootstrapConfig::assignedUser).orElse(false);
    }

    /** Moves the label by which the leader's service selects its pod. */
    public void markLeader(RaftCluster cluster, Live live, Optional<String> leader) {
        for (Pod pod : relabelled(live, leader)) {
            Map<String, String> label = new HashMap<>();
            label.put(Names.LEADER_LABEL, leads(pod, leader) ? "true" : null);
            attempts.write(cluster, "Pod", name(pod), () -> {
                patch(pod, Map.of("labels", label));
                return true;
            });
        }
    }

    /** Without a leader the label stays: in a short time without one, clients keep an address. */
    private static List<Pod> relabelled(Live live, Optional<String> leader) {
        return live.pods().stream()
                .filter(pod -> leader.isPresent()
                        && leads(pod, leader)
                                != "true".equals(pod.getMetadata().getLabels().get(Names.LEADER_LABEL)))
                .toList();
    }

    private static boolean leads(Pod pod, Optional<String> leader) {
        return leader.filter(pod.getMetadata().getName()::equals).isPresent();
    }

    private static String annotation(ObjectMeta metadata, String name) {
        return metadata.getAnnotations() == null
                ? null
                : metadata.getAnnotations().get(name);
    }
}
