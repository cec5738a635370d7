package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** RaftClusters as the API server gives them, with the defaults, and what the builders make of them. */
public final class Clusters {

    private static final KubernetesSerialization JSON = new KubernetesSerialization();

    private Clusters() {}

    /** @return RaftCluster c in the namespace ns, with a claim for the log */
    public static RaftCluster plain() {
        return with("{}");
    }

    /** @param fields of the spec, as YAML, that replace those of {@link #plain} */
    @SuppressWarnings("unchecked")
    public static RaftCluster with(String fields) {
        RaftCluster cluster = Serialization.unmarshal("""
                apiVersion: raftgres.io/v1alpha1
                kind: RaftCluster
                metadata: {name: c, namespace: ns, uid: u-1}
                spec:
                  replicas: 3
                  imagePullPolicy: IfNotPresent
                  storage: {data: {size: 1Gi}, log: {size: 2Gi}, onDelete: Retain}
                  postgres: {image: 'postgres:18'}
                  history: {revisions: 10, time: 1h}
                  scheduling: {spread: Preferred}
                  podMonitor: {enabled: false, interval: 30s}
                  paused: false
                  hibernated: false
                """, RaftCluster.class);
        Map<String, Object> spec = new LinkedHashMap<>(JSON.convertValue(cluster.getSpec(), Map.class));
        spec.putAll(Serialization.unmarshal(fields, Map.class));
        cluster.setSpec(JSON.convertValue(spec, RaftClusterSpec.class));
        return cluster;
    }

    public static StatefulSet set(RaftCluster cluster) {
        return StatefulSets.build(cluster, "node:1", 3, false);
    }

    static PodSpec pod(RaftCluster cluster) {
        return set(cluster).getSpec().getTemplate().getSpec();
    }

    static Container node(RaftCluster cluster) {
        return pod(cluster).getContainers().getFirst();
    }

    static Container postgres(RaftCluster cluster) {
        return pod(cluster).getInitContainers().getFirst();
    }

    /** @return the variables by name: a value, the key of a ConfigMap or the path of a field */
    static Map<String, String> environment(Container container) {
        Map<String, String> values = new TreeMap<>();
        container.getEnv().forEach(variable -> values.put(variable.getName(), text(variable)));
        return values;
    }

    private static String text(EnvVar variable) {
        if (variable.getValueFrom() == null) {
            return variable.getValue();
        }
        return variable.getValueFrom().getConfigMapKeyRef() == null
                ? variable.getValueFrom().getFieldRef().getFieldPath()
                : "key " + variable.getValueFrom().getConfigMapKeyRef().getKey();
    }
}
