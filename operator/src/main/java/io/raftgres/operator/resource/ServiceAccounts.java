package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.raftgres.operator.api.v1alpha1.RaftCluster;

/** Builds the service account of the pods. */
public final class ServiceAccounts {

    private ServiceAccounts() {}

    /** A service account without any rights; its token is in no pod. */
    public static ServiceAccount build(RaftCluster cluster) {
        Names names = Names.of(cluster);
        return new ServiceAccountBuilder()
                .withMetadata(names.metadata(names.cluster(), cluster))
                .withAutomountServiceAccountToken(false)
                .build();
    }
}
