package io.raftgres.operator.apply;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.model.RaftView;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.observe.Observer;
import io.raftgres.operator.plan.Step;
import io.raftgres.operator.raft.MergedStatus;
import io.raftgres.operator.raft.NodeClient;
import io.raftgres.operator.resource.BootstrapConfig;
import io.raftgres.operator.resource.Names;
import io.raftgres.operator.resource.Pods;
import io.raftgres.operator.resource.StatefulSets;
import io.raftgres.operator.status.StatusWriter;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Executes one step. A step whose premises have changed is refused, and the operator plans again. */
@ApplicationScoped
public class Steps {

    @Inject
    KubernetesClient client;

    @Inject
    SupportingResources supporting;

    @Inject
    ServerSideApply apply;

    @Inject
    SetRecreation recreation;

    @Inject
    NodeClient nodes;

    @Inject
    StatusWriter status;

    /**
     * @throws IOException when the cluster refused the step, or did not answer
     * @throws KubernetesClientException when the API server refused the step
     */
    public void take(Step step, RaftCluster cluster, Live live) throws IOException, InterruptedException {
        Names names = Names.of(cluster);
        switch (step) {
            case Step.MarkFormed it ->
                bootstrap(cluster, live, live.bootstrap().orElseThrow().formed(it.clusterId()));
            case Step.CreateSet it -> {
                StatefulSet built = build(cluster, live, it.replicas());
                create(recreation.wanted(
                        cluster,
                        live.bootstrap()
                                .flatMap(BootstrapConfig::begunAs)
                                .map(begun -> StatefulSets.begun(built, begun))
                                .orElse(built)));
                recreation.created(cluster);
            }
            case Step.SetReplicas it ->
                patchSet(
                        names,
                        List.of(
                                Map.of("op", "test", "path", "/spec/replicas", "value", it.from()),
                                Map.of("op", "replace", "path", "/spec/replicas", "value", it.to())));
            case Step.TransferLeadership it -> nodes.transfer(node(live), it.to());
            case Step.RemoveMember it -> nodes.remove(node(live), it.memberId());
            case Step.RestartPod it ->
                delete("/api/v1", "pods", names.member(it.ordinal()), names, version(it.version()), "Background");
            case Step.DeleteClaim it ->
                delete(
                        "/api/v1",
                        "persistentvolumeclaims",
                        names.claim(it.kind(), it.ordinal()),
                        names,
                        uid(it.uid()),
                        "Background");
            case Step.ResizeClaim it -> resize(names, it);
            case Step.RecreateSet it -> {
                StatefulSet set = live.set().orElseThrow();
                recreation.prepare(
                        cluster, set, build(cluster, live, set.getSpec().getReplicas()));
                delete("/apis/apps/v1", "statefulsets", names.cluster(), names, uid(it.uid()), "Orphan");
            }
            case Step.StartRecovery it ->
                create(Pods.recovery(
                        cluster,
                        it.recovery(),
                        supporting.image(cluster, live),
                        SupportingResources.assignedUser(live)));
            case Step.EndRecovery it -> {
                bootstrap(cluster, live, live.bootstrap().orElseThrow().recovered());
                status.recovered(cluster, it.recovery().clusterId());
                client.pods()
                        .inNamespace(names.namespace())
                        .withName(names.recoveryPod())
                        .delete();
            }
            case Step.RemoveRecovery it ->
                delete("/api/v1", "pods", names.recoveryPod(), names, version(it.version()), "Background");
            case Step.Wait it -> {}
            case Step.Done it -> {}
        }
    }

    private StatefulSet build(RaftCluster cluster, Live live, int replicas) {
        return StatefulSets.build(
                cluster, supporting.image(cluster, live), replicas, SupportingResources.assignedUser(live));
    }

    /** Writes the claims first: they outlive the ConfigMap, and their annotations alone show that a cluster exists. */
    private void bootstrap(RaftCluster cluster, Live live, BootstrapConfig bootstrap) {
        for (PersistentVolumeClaim claim : live.claims()) {
            supporting.mark(claim, bootstrap);
        }
        apply.write(bootstrap.build(cluster));
    }

    private void create(HasMetadata wanted) {
        if (client.resource(wanted).get() != null) {
            throw new KubernetesClientException(
                    wanted.getKind() + " " + wanted.getMetadata().getName() + " exists already",
                    HttpURLConnection.HTTP_CONFLICT,
                    null);
        }
        apply.write(wanted);
    }

    private String node(Live live) throws IOException {
        Optional<String> leader = MergedStatus.of(live.responses()).flatMap(RaftView::leader);
        return Observer.addresses(live, leader).stream()
                .findFirst()
                .orElseThrow(() -> new IOException("no node of the cluster answers the operator"));
    }

    private void resize(Names names, Step.ResizeClaim resize) {
        String name = names.claim(resize.kind(), resize.ordinal());
        client.persistentVolumeClaims()
                .inNamespace(names.namespace())
                .withName(name)
                .patch(
                        PatchContext.of(PatchType.JSON),
                        client.getKubernetesSerialization()
                                .asJson(List.of(
                                        Map.of("op", "test", "path", "/metadata/uid", "value", resize.uid()),
                                        Map.of(
                                                "op",
                                                "replace",
                                                "path",
                                                "/spec/resources/requests/storage",
                                                "value",
                                                String.valueOf(resize.bytes())))));
    }

    private void patchSet(Names names, List<Map<String, Object>> operations) {
        client.apps()
                .statefulSets()
                .inNamespace(names.namespace())
                .withName(names.cluster())
                .patch(
                        PatchContext.of(PatchType.JSON),
                        client.getKubernetesSerialization().asJson(operations));
    }

    private static Map<String, String> uid(String uid) {
        return Map.of("uid", uid);
    }

    private static Map<String, String> version(String version) {
        return Map.of("resourceVersion", version);
    }

    private void delete(
            String api,
            String plural,
            String name,
            Names names,
            Map<String, String> preconditions,
            String propagation) {
        ConditionalDelete.run(client, api, names.namespace(), plural, name, preconditions, propagation);
    }
}
