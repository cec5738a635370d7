package io.raftgres.operator;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ConfigBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.ApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged operator with a role that may not list and watch Services, nor list Events or read storage classes. */
class PartialRoleIT {

    private static final String ROLE = """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: narrow}
            rules:
              - apiGroups: [raftgres.io, apps, policy, coordination.k8s.io]
                resources: ['*']
                verbs: ['*']
              - apiGroups: ['']
                resources: [pods, persistentvolumeclaims, configmaps, serviceaccounts]
                verbs: ['*']
              - apiGroups: ['']
                resources: [services, events]
                verbs: [get, create, patch]
            """;

    @TempDir
    Path directory;

    private KubernetesClient client;
    private String namespace;

    @Test
    void itTakesStepsIsNotReadyAndSaysWhy() throws Exception {
        client = ApiServer.connect();
        namespace = ApiServer.namespace(client, "op-role-");
        int port = freePort();
        Process operator = null;
        try {
            client.resource(Serialization.unmarshal(ROLE, Role.class))
                    .inNamespace(namespace)
                    .create();
            operator = operator(kubeconfig(), port);
            client.resource(Serialization.unmarshal(
                            "apiVersion: raftgres.io/v1alpha1\nkind: RaftCluster\nmetadata: {name: c}\n"
                                    + "spec: {services: {members: {}}}",
                            RaftCluster.class))
                    .inNamespace(namespace)
                    .fieldManager("test")
                    .serverSideApply();
            await(
                    "the StatefulSet",
                    () -> client.apps()
                                    .statefulSets()
                                    .inNamespace(namespace)
                                    .withName("c")
                                    .get()
                            != null);
            await("the condition", this::isRefusalShown);
            String health = health(port);
            assertTrue(health.startsWith("503") && health.contains("Service"), health);
        } finally {
            if (operator != null) {
                operator.destroyForcibly().waitFor();
            }
            client.namespaces().withName(namespace).delete();
            client.close();
        }
    }

    private boolean isRefusalShown() {
        RaftCluster now = client.resources(RaftCluster.class)
                .inNamespace(namespace)
                .withName("c")
                .get();
        return now.getStatus() != null
                && now.getStatus().conditions().stream()
                        .anyMatch(it -> it.getType().equals("Reconciled")
                                && it.getMessage().contains("the API server refuses to read Service of RaftCluster c")
                                && it.getMessage().contains("cannot list resource \"services\""));
    }

    /** The operator's own rights, by a token of its service account. */
    private File kubeconfig() throws IOException {
        client.resource(Serialization.unmarshal(
                        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: narrow}", ServiceAccount.class))
                .inNamespace(namespace)
                .create();
        client.resource(Serialization.unmarshal("""
                                apiVersion: rbac.authorization.k8s.io/v1
                                kind: RoleBinding
                                metadata: {name: narrow}
                                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: narrow}
                                subjects: [{kind: ServiceAccount, name: narrow, namespace: %s}]
                                """.formatted(namespace), RoleBinding.class))
                .inNamespace(namespace)
                .create();
        String token = client.serviceAccounts()
                .inNamespace(namespace)
                .withName("narrow")
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withExpirationSeconds(3600L)
                        .endSpec()
                        .build())
                .getStatus()
                .getToken();
        Config admin = client.getConfiguration();
        var config = new ConfigBuilder()
                .addNewCluster()
                .withName("k")
                .withNewCluster()
                .withServer(admin.getMasterUrl())
                .withCertificateAuthority(admin.getCaCertFile())
                .withCertificateAuthorityData(admin.getCaCertData())
                .endCluster()
                .endCluster()
                .addNewUser()
                .withName("narrow")
                .withNewUser()
                .withToken(token)
                .endUser()
                .endUser()
                .addNewContext()
                .withName("c")
                .withNewContext()
                .withCluster("k")
                .withUser("narrow")
                .endContext()
                .endContext()
                .withCurrentContext("c")
                .build();
        Path file = directory.resolve("kubeconfig");
        Files.writeString(file, Serialization.asYaml(config));
        return file.toFile();
    }

    private Process operator(File kubeconfig, int port) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-Xmx300m",
                        "-jar",
                        "target/quarkus-app/quarkus-run.jar")
                .redirectErrorStream(true)
                .redirectOutput(new File("target/narrow-operator.log"));
        builder.environment().put("KUBECONFIG", kubeconfig.getPath());
        builder.environment().put("RAFTGRES_OPERATOR_NAMESPACE", namespace);
        builder.environment().put("RAFTGRES_WATCH_NAMESPACES", namespace);
        builder.environment().put("QUARKUS_OPERATOR_SDK_CACHE_SYNC_TIMEOUT", "3S");
        builder.environment().put("QUARKUS_HTTP_PORT", String.valueOf(port));
        return builder.start();
    }

    private static String health(int port) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/q/health/ready"))
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            var response = http.send(request, BodyHandlers.ofString());
            return response.statusCode() + " " + response.body();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static void await(String what, BooleanSupplier met) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (!met.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, what + " did not come");
            TimeUnit.MILLISECONDS.sleep(300);
        }
    }
}
