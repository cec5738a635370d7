package io.raftgres.operator.api;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
            a | {config: {electionTimeoutMillis: 10}} | greater than or equal to 100
            a | {config: {maxValueBytes: 99999999}} | less than or equal to 16777216
            a | {config: {segmentBytes: 1048577}} | a multiple of 4096
            a | {config: {scrubInterval: often}} | a number with a unit
            a | {config: {logFormat: XML}} | must be Text or Json
            a | {config: {allowedOrigins: ['https://a.example/b']}} | without a path
            a | {config: {jvmOptions: [Xmx1g]}} | one option without spaces
            a | {config: {jvmOptions: ['-Xmx1g -Xss1m']}} | one option without spaces
            a | {config: {jvmOptions: ['-XX:MaxRAMPercentage=80']}} | the image sets the collector
            a | {config: {jvmOptions: ['-XX:+UseZGC']}} | the image sets the collector
            a | {config: {jvmOptions: ['-Draftgres.data-dir=/tmp']}} | the operator sets addresses, peers and directories
            a | {config: {dataDir: /tmp}} | unknown field "spec.config.dataDir"
            a | {env: [{name: RAFTGRES_DATA_DIR, value: /tmp}]} | the operator sets the addresses, peers and directories
            a | {env: [{name: _PROD_RAFTGRES_DATA_DIR, value: /tmp}]} | by the name of a profile
            a | {env: [{name: _prod_quarkus_http_port, value: '1'}]} | by the name of a profile
            a | {env: [{name: raftgres_peers, value: x}]} | the operator sets the addresses, peers and directories
            a | {env: [{name: QUARKUS_HTTP_PORT, value: '1'}]} | the operator sets the addresses, peers and directories
            a | {env: [{name: JAVA_TOOL_OPTIONS, value: -Xmx1g}]} | spec.config.jvmOptions
            a | {env: [{name: raftgres.data-dir, value: /tmp}]} | only letters, digits and '_'
            a | {env: [{name: A, value: b}, {name: A, value: c}]} | Duplicate value
            a | {podTemplate: {metadata: {labels: {raftgres.io/cluster: x}}}} | take other names
            a | {podTemplate: {metadata: {annotations: {raftgres.io/x: x}}}} | take other names
            a | {podTemplate: {spec: {containers: [{name: a}]}}} | a further container needs an image
            a | {podTemplate: {spec: {containers: [{name: node, command: [sh]}]}}} | command, ports, probes and hooks
            a | {podTemplate: {spec: {containers: [{name: node, livenessProbe: {}}]}}} | command, ports, probes and hooks
            a | {podTemplate: {spec: {containers: [{name: node, image: x}]}}} | set spec.image, spec.resources and spec.env
            a | {podTemplate: {spec: {initContainers: [{name: postgres, env: []}]}}} | set spec.image, spec.resources
            a | {podTemplate: {spec: {containers: [{name: postgres}]}}} | move it to podTemplate.spec.initContainers
            a | {podTemplate: {spec: {initContainers: [{name: node}]}}} | move it to podTemplate.spec.containers
            a | {podTemplate: {spec: {containers: [{name: a, image: b}, {name: a, image: b}]}}} | Duplicate value
            a | {podTemplate: {spec: {volumes: [{name: data, emptyDir: {}}]}}} | take other names
            a | {podTemplate: {spec: {hostNetwork: true}}} | two members on one machine would need the same ports
            a | {podTemplate: {spec: {hostPID: true}}} | must not see other processes
            a | {podTemplate: {spec: {restartPolicy: Never}}} | must be Always
            a | {podTemplate: {spec: {serviceAccountName: x}}} | have their own service account
            a | {podTemplate: {spec: {automountServiceAccountToken: true}}} | a node needs no token
            a | {podTemplate: {spec: {nodeSelector: {a: b}}}} | move nodeSelector to spec.scheduling
            a | {podTemplate: {spec: {affinity: {}}}} | move affinity to spec.scheduling
            a | {podTemplate: {spec: {terminationGracePeriodSeconds: 10}}} | greater than or equal to 90
            a | {podTemplate: {spec: {nodeName: x}}} | unknown field "spec.podTemplate.spec.nodeName"
            a | {services: {client: {type: ExternalName}}} | must be ClusterIP, NodePort or LoadBalancer
            a | {services: {client: {loadBalancerClass: x}}} | need type LoadBalancer
            a | {services: {client: {type: NodePort, loadBalancerSourceRanges: [10.0.0.0/8]}}} | need type LoadBalancer
            a | {services: {members: {externalTrafficPolicy: Local}}} | need type NodePort or LoadBalancer
            a | {services: {members: {type: LoadBalancer, externalTrafficPolicy: Near}}} | must be Cluster or Local
            a | {services: {members: {host: db.example.com}}} | must contain {member}
            a | {services: {client: {host: '{member}.example.com'}}} | remove {member}
            a | {services: {client: {host: 'https://x'}}} | a DNS name in small letters
            a | {services: {client: {labels: {raftgres.io/cluster: x}}}} | take other names
            a | {services: {client: {type: NodePort, nodePorts: {http: 99999}}}} | less than or equal to 65535
            a | {allowedHosts: ['https://db.example.com']} | DNS names in small letters
            a | {scheduling: {spread: Never}} | spread must be Preferred
            a | {podLabels: {raftgres.io/cluster: x}} | take other names
            a | {podMonitor: {labels: {raftgres.io/cluster: x}}} | podMonitor.labels must not set
            a | {recovery: {forceNewCluster: {member: a-0, clusterId: x}}} | 16 hexadecimal digits
            a.b | {} | the name is part of the names of Services
            """)
    void aBadSpecIsRefusedWithASentence(String name, String spec, String sentence) {
        KubernetesClientException refused =
                assertThrows(KubernetesClientException.class, () -> tryOut(cluster(name, spec)));
        assertTrue(refused.getMessage().contains(sentence), refused.getMessage());
    }

    /** As {@code kubectl apply --dry-run=server} does: unknown fields are refused. */
    private static void tryOut(GenericKubernetesResource cluster) {
        client.raw(
                "/apis/raftgres.io/v1alpha1/namespaces/" + namespace
                        + "/raftclusters?dryRun=All&fieldValidation=Strict",
                "POST",
                cluster);
    }

    @Test
    void eachExampleIsAccepted() throws IOException {
        try (Stream<Path> examples = Files.list(Path.of("..", "k8s", "examples"))) {
            List<Path> all = examples.toList();
            assertTrue(all.size() >= 4, all::toString);
            for (Path example : all) {
                GenericKubernetesResource cluster =
                        Serialization.unmarshal(Files.readString(example), GenericKubernetesResource.class);
                cluster.getMetadata().setNamespace(namespace);
                assertDoesNotThrow(() -> tryOut(cluster), example::toString);
            }
        }
    }

    /** What the schema does not know in detail is there again, as it was written. */
    @Test
    void aPodTemplateIsKeptAsItWasWritten() {
        String spec = """
                {podTemplate: {spec: {containers: [{name: a, image: b, workingDir: /x, livenessProbe: {exec: {command: [c]}}}],\
                 securityContext: {runAsUser: null, sysctls: [{name: x, value: '1'}]}}}}\
                """;
        client.resource(cluster("template", spec)).create();
        Map<String, Object> kept = client.resources(RaftCluster.class)
                .inNamespace(namespace)
                .withName("template")
                .get()
                .getSpec()
                .podTemplate()
                .spec();
        assertEquals(
                "{containers=[{image=b, livenessProbe={exec={command=[c]}}, name=a, workingDir=/x}],"
                        + " securityContext={runAsUser=null, sysctls=[{name=x, value=1}]}}",
                kept.toString());
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
        assertEquals(RaftClusterSpec.Postgres.DEFAULT_IMAGE, spec.postgres().image());
        assertEquals(10_000_000, spec.history().revisions());
    }

    /** The default of its time is in its spec: a later definition with another default restarts nothing. */
    @Test
    void aClusterThatExistsKeepsItsPostgresImage() throws Exception {
        try (var before = BadSpecsIT.class.getResourceAsStream("/release-1530f78/crd.yaml")) {
            ApiServer.define(client, before);
            awaitDefault("postgres:18");
            client.resource(cluster("kept", "{}")).create();
        } finally {
            try (var now = Files.newInputStream(CrdFile.checkedIn())) {
                ApiServer.define(client, now);
            }
        }
        awaitDefault(RaftClusterSpec.Postgres.DEFAULT_IMAGE);
        RaftCluster kept = client.resources(RaftCluster.class)
                .inNamespace(namespace)
                .withName("kept")
                .get();
        assertEquals("postgres:18", kept.getSpec().postgres().image());
        kept.getMetadata().setManagedFields(null);
        assertEquals(
                "postgres:18",
                client.resource(kept).update().getSpec().postgres().image());
    }

    /** The API server serves a changed definition a moment after it was written. */
    private static void awaitDefault(String image) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        String seen = "";
        while (!seen.equals(image)) {
            assertTrue(System.nanoTime() < until, "the default image is still " + seen);
            TimeUnit.MILLISECONDS.sleep(50);
            GenericKubernetesResource filled =
                    client.resource(cluster("probe", "{}")).dryRun().create();
            seen = String.valueOf(filled.<Object>get("spec", "postgres", "image"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            move | {storage: {data: {size: 2Gi}}} | {storage: {data: {size: 2Gi, storageClassName: b}}} \
            | cannot be changed
            class | {services: {client: {type: LoadBalancer, loadBalancerClass: a}}} \
            | {services: {client: {type: LoadBalancer, loadBalancerClass: b}}} | set type to ClusterIP first
            log | {} | {storage: {log: {size: 1Gi}}} | cannot be added or removed later
            timeout | {config: {electionTimeoutMillis: 2000}} | {config: {electionTimeoutMillis: 499}} \
            | Lower it in steps
            unset | {config: {electionTimeoutMillis: 2000}} | {} | Without the field it is 300
            """)
    void aBadChangeIsRefusedWithASentence(String name, String before, String after, String sentence) {
        client.resource(cluster(name, before)).create();
        KubernetesClientException refused = assertThrows(
                KubernetesClientException.class,
                () -> client.resource(cluster(name, after)).update());
        assertTrue(refused.getMessage().contains(sentence), refused.getMessage());
    }

    /** A growth that is refused has to be taken back. The operator reports a claim that is larger. */
    @Test
    void sizeMayBeSetBack() {
        client.resource(cluster("back", "{storage: {data: {size: 1.1Gi}}}")).create();
        client.resource(cluster("back", "{storage: {data: {size: 20Gi}}}")).update();
        client.resource(cluster("back", "{storage: {data: {size: 1.1Gi}}}")).update();
    }

    @Test
    void theElectionTimeoutMayBeLoweredInSteps() {
        client.resource(cluster("steps", "{}")).create();
        for (int millis : List.of(60_000, 15_000, 3_750, 1_200, 300, 100)) {
            client.resource(cluster("steps", "{config: {electionTimeoutMillis: " + millis + "}}"))
                    .update();
        }
        client.resource(cluster("steps", "{}")).update();
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
