package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.client.KubernetesClientException;
import org.junit.jupiter.api.Test;

/** The API server refuses an invalid spec with a sentence that says what to do. */
@OnKubernetes
class BadSpecIT {

    @Test
    void impossibleSpecIsRefused(Namespace namespace) {
        refused(namespace, "replicas: 2", "odd");
        refused(namespace, "replicas: 0", "spec.replicas");
        refused(namespace, "replicas: 11", "spec.replicas");
        refused(namespace, "replicas: 1\npostgres: {settings: {listen_addresses: '*'}}", "listen_addresses");
        refused(namespace, "replicas: 1\npostgres: {settings: {fsync: 'off'}}", "fsync");
        refused(namespace, "replicas: 1\nreplica: 3", "replica");
    }

    @Test
    void refusesChangesThatCannotBeMade(Namespace namespace) {
        // Paused, so that the operator creates no pod for it.
        RaftCluster cluster = RaftCluster.apply(namespace.name(), "c", "paused: true\nreplicas: 1");
        refusedChange(cluster, "spec: {storage: {data: {storageClassName: other}}}", "storage");
        refusedChange(cluster, "spec: {storage: {log: {size: 1Gi}}}", "log");
        cluster.delete();
    }

    private static void refused(Namespace namespace, String spec, String... words) {
        expectWords(
                spec,
                assertThrows(
                        KubernetesClientException.class, () -> RaftCluster.apply(namespace.name(), "bad", spec), spec),
                words);
    }

    private static void refusedChange(RaftCluster cluster, String patch, String... words) {
        expectWords(patch, assertThrows(KubernetesClientException.class, () -> cluster.patch(patch), patch), words);
    }

    private static void expectWords(String spec, KubernetesClientException refusal, String... words) {
        String said = refusal.getStatus() == null
                ? refusal.getMessage()
                : refusal.getStatus().getMessage();
        System.out.println("--> " + spec.replace('\n', ' ') + " -> " + said);
        assertTrue(refusal.getCode() == 422 || refusal.getCode() == 400 || refusal.getCode() == 500, refusal::toString);
        for (String word : words) {
            assertTrue(refusal.getMessage().contains(word), () -> "'" + word + "' in: " + refusal.getMessage());
        }
    }
}
