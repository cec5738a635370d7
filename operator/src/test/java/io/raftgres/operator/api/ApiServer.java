package io.raftgres.operator.api;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.concurrent.TimeUnit;

/** The API server of KUBECONFIG, with the CRD. Without one the tests that need it are skipped. */
public final class ApiServer {

    private ApiServer() {}

    public static KubernetesClient connect() throws IOException {
        assumeTrue(System.getenv("KUBECONFIG") != null, "no KUBECONFIG: set it to test against an API server");
        KubernetesClient client = new KubernetesClientBuilder().build();
        try (var crd = Files.newInputStream(CrdFile.checkedIn())) {
            define(client, crd);
        }
        return client;
    }

    /** @param crd the RaftCluster's definition, of this release or another one */
    static void define(KubernetesClient client, InputStream crd) {
        client.load(crd)
                .items()
                .forEach(it -> client.resource(it)
                        .fieldManager("test")
                        .forceConflicts()
                        .serverSideApply());
        client.apiextensions()
                .v1()
                .customResourceDefinitions()
                .withName("raftclusters.raftgres.io")
                .waitUntilCondition(
                        it -> it.getStatus().getConditions().stream()
                                .anyMatch(one -> one.getType().equals("Established")
                                        && one.getStatus().equals("True")),
                        30,
                        TimeUnit.SECONDS);
    }

    public static String namespace(KubernetesClient client, String prefix) {
        return client.namespaces()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withGenerateName(prefix)
                        .endMetadata()
                        .build())
                .create()
                .getMetadata()
                .getName();
    }
}
