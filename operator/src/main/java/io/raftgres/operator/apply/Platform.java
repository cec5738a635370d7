package io.raftgres.operator.apply;

import io.fabric8.kubernetes.client.KubernetesClient;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/** What kind of Kubernetes this is. The operator asks once: it does not change. */
@ApplicationScoped
public class Platform {

    private static final String OPENSHIFT = "security.openshift.io";

    @Inject
    KubernetesClient client;

    private volatile Boolean openShift;

    /** @return whether each namespace has its own users, and pods with others are refused: OpenShift */
    public boolean assignsUsers() {
        if (openShift == null) {
            openShift = client.hasApiGroup(OPENSHIFT, true);
        }
        return openShift;
    }
}
