package io.raftgres.e2e.kubernetes;

import static io.raftgres.e2e.kubernetes.Kubernetes.CLIENT;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/** The namespace of one test. It admits only pods that meet the restricted security standard. */
record Namespace(String name) implements AutoCloseable {

    static Namespace create(String test) {
        String name = "e2e-" + test.toLowerCase(Locale.ROOT) + "-"
                + Integer.toHexString(0x1000 + ThreadLocalRandom.current().nextInt(0xf000));
        CLIENT.namespaces()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .addToLabels("raftgres.io/e2e", "true")
                        .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                        .endMetadata()
                        .build())
                .create();
        return new Namespace(name);
    }

    /** @param spec YAML or JSON with the differences from {@link RaftCluster#manifest} */
    RaftCluster apply(String spec) throws Exception {
        return RaftCluster.apply(name, "c", spec);
    }

    /** Deletes the namespace without waiting: its content ends by itself. */
    @Override
    public void close() {
        try {
            CLIENT.namespaces().withName(name).delete();
        } catch (KubernetesClientException e) {
            System.out.println("the namespace " + name + " could not be deleted: " + e.getMessage());
        }
    }
}
