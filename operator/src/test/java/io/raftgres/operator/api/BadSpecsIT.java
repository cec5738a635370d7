package io.raftgres.operator.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the API server makes of the CRD: bad specs are refused with a sentence that says what to do; an empty one is
 * filled.
 */
class BadSpecsIT {

    private static KubernetesClient client;
    private static String namespace;

    @BeforeAll
    static void connect() throws Exception {
        client = ApiServer.connect();
        namespace = ApiServer.namespace(client, "op-spec-");
    }

    @AfterAll
    static void clean() {
        if (client != null) {
            client.namespaces().withName(namespace).delete();
            client.close();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            a | {replicas: 2} | replicas must be odd
            a | {replicas: 11} | less than or equal to 9
            a | {imagePullPolicy: Sometimes} | must be Always, IfNotPresent or Never
            a | {storage: {data: {size: 12 Gi}}} | size must be a quantity
            a | {storage: {data: {size: 1Mi}}} | 256Mi or more
            a | {storage: {onDelete: Maybe}} | onDelete must be Retain
            a | {postgres: {settings: {listen_addresses: '*'}}} | the operator sets these settings itself
            a | {postgres: {settings: {fsync: 'off'}}} | must stay on
            a | {postgres: {settings: {Shared_Buffers: 1GB}}} | in small letters
            a | {history: {time: never}} | a number with a unit
            a | {allowedHosts: ['https://db.example.com']} | DNS names in small letters
            a | {scheduling: {spread: Never}} | spread must be Preferred
            a | {podLabels: {raftgres.io/cluster: x}} | take other names
            a | {recovery: {forceNewCluster: {member: a-0, clusterId: x}}} | 16 hexadecimal digits
            a.b | {} | the name is part of the names of Services
            """)
    void aBadSpecIsRefusedWithASentence(String name, String spec, String sentence) {
        KubernetesClientException refused = assertThrows(
                KubernetesClientException.class,
                () -> client.resource(cluster(name, spec)).dryRun().create());
        assertTrue(refused.getMessage().contains(sentence), refused.getMessage());
    }

    @Test
    void anEmptySpecGetsDefaults() {
        client.resource(cluster("defaults", "{}")).create();
        RaftClusterSpec spec = client.resources(RaftCluster.class)
                .inNamespace(namespace)
                .withName("defaults")
                .get()
                .getSpec();
        assertEquals(3, spec.replicas());
        assertEquals("10Gi", spec.storage().data().size());
        assertEquals("Retain", spec.storage().onDelete());
        assertEquals("postgres:18", spec.postgres().image());
        assertEquals(10_000_000, spec.history().revisions());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            shrink | {storage: {data: {size: 2Gi}}} | {storage: {data: {size: 1Gi}}} | cannot shrink
            move | {storage: {data: {size: 2Gi}}} | {storage: {data: {size: 2Gi, storageClassName: b}}} \
            | cannot be changed
            log | {} | {storage: {log: {size: 1Gi}}} | cannot be added or removed later
            """)
    void aBadChangeIsRefusedWithASentence(String name, String before, String after, String sentence) {
        client.resource(cluster(name, before)).create();
        KubernetesClientException refused = assertThrows(
                KubernetesClientException.class,
                () -> client.resource(cluster(name, after)).update());
        assertTrue(refused.getMessage().contains(sentence), refused.getMessage());
    }

    private static GenericKubernetesResource cluster(String name, String spec) {
        GenericKubernetesResource cluster = new GenericKubernetesResource();
        cluster.setApiVersion("raftgres.io/v1alpha1");
        cluster.setKind("RaftCluster");
        cluster.setMetadata(
                new ObjectMetaBuilder().withNamespace(namespace).withName(name).build());
        cluster.setAdditionalProperty(
                "spec", Serialization.unmarshal("spec: " + spec, Map.class).get("spec"));
        return cluster;
    }
}
