package io.raftgres.e2e.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;

/** Reads and writes single keys through the API server, for keys that must outlive the client pods. */
final class Keys {
    private Keys() {}

    private static final Duration WITHIN = Duration.ofSeconds(60);

    static void put(RaftCluster cluster, String key, String value) throws Exception {
        Kubernetes.await("a put of " + key, WITHIN, () -> {
            Kubernetes.CLIENT.raw(path(cluster, cluster.leader(), key), "PUT", value);
            return true;
        });
    }

    /**
     * Reads a key linearizably at this node.
     *
     * @return null if there is no such key
     */
    static String get(RaftCluster cluster, String pod, String key) throws Exception {
        return Kubernetes.await("a get of " + key, WITHIN, () -> {
            try {
                String found = Kubernetes.CLIENT.raw(path(cluster, pod, key), "GET", null);
                return new String[] {found};
            } catch (KubernetesClientException e) {
                if (e.getCode() == 404) {
                    return new String[] {null};
                }
                throw e;
            }
        })[0];
    }

    private static String path(RaftCluster cluster, String pod, String key) {
        return "/api/v1/namespaces/" + cluster.namespace() + "/pods/" + pod + ":8081/proxy/v1/kv/" + key;
    }
}
