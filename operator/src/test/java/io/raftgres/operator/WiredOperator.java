package io.raftgres.operator;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The operator on the API server of KUBECONFIG, without its framework: a test asks for each reconciliation. */
final class WiredOperator {

    private static final int ROUNDS_MAX = 60;

    private final KubernetesClient client;
    private final String namespace;
    final RaftClusterReconciler reconciler;

    WiredOperator(KubernetesClient client, String namespace) throws ReflectiveOperationException {
        this.client = client;
        this.namespace = namespace;
        this.reconciler = new OperatorBeans(client).reconciler();
    }

    static Condition reconciled(RaftCluster cluster) {
        return condition(cluster, "Reconciled");
    }

    static Condition condition(RaftCluster cluster, String type) {
        return Optional.ofNullable(cluster.getStatus()).stream()
                .flatMap(status -> status.conditions().stream())
                .filter(it -> it.getType().equals(type))
                .findFirst()
                .orElseGet(() -> {
                    Condition none = new Condition();
                    none.setStatus("Unknown");
                    none.setMessage("");
                    return none;
                });
    }

    StatefulSet set(String name) {
        return client.apps()
                .statefulSets()
                .inNamespace(namespace)
                .withName(name)
                .get();
    }

    RaftCluster get(String name) {
        return client.resources(RaftCluster.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
    }

    void create(String name, String spec) {
        RaftCluster cluster = new RaftCluster();
        cluster.setMetadata(
                new ObjectMetaBuilder().withNamespace(namespace).withName(name).build());
        cluster.setSpec(client.getKubernetesSerialization().convertValue(yaml(spec), RaftClusterSpec.class));
        client.resource(cluster).create();
    }

    /** A text that begins with a brace would be read as JSON. */
    private Object yaml(String spec) {
        return Serialization.unmarshal("spec: " + spec, Map.class).get("spec");
    }

    void change(String name, String spec) {
        client.resources(RaftCluster.class)
                .inNamespace(namespace)
                .withName(name)
                .patch(PatchContext.of(PatchType.JSON_MERGE), Serialization.asJson(Map.of("spec", yaml(spec))));
    }

    /** Reconciles as the framework does, until the cluster is as it is to be. */
    RaftCluster await(String name, Predicate<RaftCluster> condition) throws Exception {
        for (int round = 0; round < ROUNDS_MAX; round++) {
            RaftCluster cluster = get(name);
            if (condition.test(cluster)) {
                return cluster;
            }
            reconciler.reconcile(cluster, null);
            TimeUnit.MILLISECONDS.sleep(250);
        }
        throw new AssertionError("still: " + Serialization.asYaml(get(name)));
    }
}
