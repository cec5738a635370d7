package io.raftgres.e2e.kubernetes;

import static io.raftgres.e2e.kubernetes.Kubernetes.CLIENT;
import static io.raftgres.e2e.kubernetes.Kubernetes.JSON;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A RaftCluster that a test has applied, as a user sees it: its status, its pods, and the responses of its nodes. */
record RaftCluster(String namespace, String name) {

    private static final Duration SETTLED_WITHIN = Duration.ofSeconds(180);
    private static final ResourceDefinitionContext TYPE = new ResourceDefinitionContext.Builder()
            .withGroup("raftgres.io")
            .withVersion("v1alpha1")
            .withKind("RaftCluster")
            .withPlural("raftclusters")
            .withNamespaced(true)
            .build();

    static RaftCluster apply(String namespace, String name, String spec) {
        RaftCluster cluster = new RaftCluster(namespace, name);
        cluster.apply(spec);
        return cluster;
    }

    /**
     * Applies the whole RaftCluster, also again. Fields that neither this spec nor {@code manifest} has return to their
     * defaults.
     */
    void apply(String spec) {
        CLIENT.resource(manifest(spec)).fieldManager("e2e").forceConflicts().serverSideApply();
    }

    /** @param spec takes precedence over the values here, which fit small machines */
    GenericKubernetesResource manifest(String spec) {
        String base = """
                image: %s
                resources: {requests: {cpu: 50m, memory: 256Mi}, limits: {memory: 640Mi}}
                storage: {data: {size: 1Gi}}
                postgres: {image: %s, resources: {requests: {cpu: 50m, memory: 128Mi}}}
                """.formatted(Images.NODE, Images.POSTGRES);
        Map<String, Object> merged = merged(yaml(base), yaml(spec));
        GenericKubernetesResource resource =
                Serialization.unmarshal("""
                apiVersion: raftgres.io/v1alpha1
                kind: RaftCluster
                metadata: {name: %s, namespace: %s}
                """.formatted(name, namespace), GenericKubernetesResource.class);
        resource.setAdditionalProperty("spec", merged);
        return resource;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> yaml(String text) {
        return Serialization.unmarshal(text, Map.class);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> merged(Map<String, Object> under, Map<String, Object> over) {
        Map<String, Object> all = new TreeMap<>(under);
        over.forEach((key, value) -> all.merge(
                key,
                value,
                (a, b) -> a instanceof Map<?, ?> x && b instanceof Map<?, ?> y
                        ? merged((Map<String, Object>) x, (Map<String, Object>) y)
                        : b));
        return all;
    }

    Resource<GenericKubernetesResource> resource() {
        return CLIENT.genericKubernetesResources(TYPE).inNamespace(namespace).withName(name);
    }

    /** @param patch a JSON merge patch, or YAML of one */
    void patch(String patch) throws Exception {
        resource().patch(PatchContext.of(PatchType.JSON_MERGE), JSON.writeValueAsString(yaml(patch)));
    }

    private boolean exists() {
        return resource().get() != null;
    }

    JsonNode json() {
        return JSON.valueToTree(resource().require());
    }

    JsonNode status() {
        return json().path("status");
    }

    /**
     * @return "True", "False" or "Unknown"; empty while the operator has not seen the latest spec, or does not report
     *     this condition
     */
    String condition(String type) {
        JsonNode all = json();
        for (JsonNode each : all.path("status").path("conditions")) {
            if (each.path("type").asText().equals(type)) {
                boolean current = each.path("observedGeneration").asLong()
                        >= all.path("metadata").path("generation").asLong();
                return current ? each.path("status").asText() : "";
            }
        }
        return "";
    }

    boolean is(String type, boolean wanted) {
        return condition(type).equals(wanted ? "True" : "False");
    }

    /** Waits until this number of nodes is ready and the operator has no more steps. */
    void awaitSettled(int replicas) throws Exception {
        awaitSettled(replicas, SETTLED_WITHIN);
    }

    void awaitSettled(int replicas, Duration most) throws Exception {
        await(name + " to settle with " + replicas + " nodes", most, () -> settled(replicas));
    }

    private boolean settled(int replicas) {
        JsonNode all = json();
        JsonNode status = all.path("status");
        boolean conditions = status.path("conditions").isEmpty() || is("Ready", true) && is("Progressing", false);
        return conditions
                && status.path("observedGeneration").asLong()
                        >= all.path("metadata").path("generation").asLong()
                && status.path("waitingFor").asText().isEmpty()
                && status.path("readyReplicas").asInt() == replicas
                && status.path("members").size() == replicas
                && pods().stream().filter(RaftCluster::ready).count() == replicas
                && pods().size() == replicas;
    }

    /** Looks at the pod itself: the operator may not have seen the new pod yet. */
    static boolean ready(Pod pod) {
        return pod.getMetadata().getDeletionTimestamp() == null
                && pod.getStatus().getConditions().stream()
                        .anyMatch(each -> each.getType().equals("Ready")
                                && each.getStatus().equals("True"));
    }

    interface Probe {
        boolean holds() throws Exception;
    }

    void await(String what, Duration most, Probe probe) throws Exception {
        Kubernetes.await(
                what, most, () -> exists() ? status().toPrettyString() : "", () -> probe.holds() ? true : null);
    }

    List<Pod> pods() {
        return CLIENT.pods()
                .inNamespace(namespace)
                .withLabel("raftgres.io/cluster", name)
                .withLabel("app.kubernetes.io/component", "node")
                .list()
                .getItems();
    }

    Pod pod(String pod) {
        return CLIENT.pods().inNamespace(namespace).withName(pod).get();
    }

    /** @return the claims by name */
    Map<String, PersistentVolumeClaim> claims() {
        Map<String, PersistentVolumeClaim> claims = new TreeMap<>();
        CLIENT.persistentVolumeClaims()
                .inNamespace(namespace)
                .withLabel("raftgres.io/cluster", name)
                .list()
                .getItems()
                .forEach(claim -> claims.put(claim.getMetadata().getName(), claim));
        return claims;
    }

    /** @return the uids of its pods by name; another uid means another pod */
    Map<String, String> uids() {
        Map<String, String> uids = new TreeMap<>();
        pods().forEach(pod ->
                uids.put(pod.getMetadata().getName(), pod.getMetadata().getUid()));
        return uids;
    }

    /** @return the cluster's status from one of its nodes, not from the operator */
    JsonNode view() throws Exception {
        return Kubernetes.await("a node that answers", Duration.ofSeconds(60), () -> {
            for (Pod pod : pods()) {
                try {
                    JsonNode view =
                            Kubernetes.askPod(namespace, pod.getMetadata().getName(), 8081, "GET", "/v1/cluster");
                    if (view != null && view.path("leader").hasNonNull("name")) {
                        return view;
                    }
                } catch (KubernetesClientException e) {
                    // Another node may respond.
                }
            }
            return null;
        });
    }

    /** @return name of the leader's pod, by a node's own status */
    String leader() throws Exception {
        return view().path("leader").path("name").asText();
    }

    /** @return a pod that does not lead */
    String follower() throws Exception {
        String leader = leader();
        return pods().stream()
                .map(pod -> pod.getMetadata().getName())
                .filter(pod -> !pod.equals(leader))
                .findFirst()
                .orElseThrow();
    }

    /** @return a member's id by its name; a member that joins again without data has another id */
    String memberId(String member) throws Exception {
        for (JsonNode each : view().path("members")) {
            if (each.path("name").asText().equals(member)) {
                return each.path("id").asText();
            }
        }
        throw new AssertionError(member + " is no member: " + view());
    }

    void delete() {
        resource().delete();
    }

    /** Runs a shell command in a container of a pod. */
    String exec(String pod, String container, String line) throws Exception {
        return Shell.run("kubectl", "-n", namespace, "exec", pod, "-c", container, "--", "sh", "-c", line);
    }

    /** Deletes a pod without a grace period. */
    void kill(String pod) {
        CLIENT.pods().inNamespace(namespace).withName(pod).withGracePeriod(0).delete();
    }
}
