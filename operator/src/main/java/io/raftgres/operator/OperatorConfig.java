package io.raftgres.operator;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Optional;

/**
 * The operator's options: {@code raftgres.operator.*}, or RAFTGRES_OPERATOR_* in the environment; and
 * RAFTGRES_WATCH_NAMESPACES, a list of the namespaces that it works in, absent for all.
 */
@ConfigMapping(prefix = "raftgres.operator")
public interface OperatorConfig {

    /** Image of the node for a RaftCluster that names none; chosen once, when the cluster is created. */
    String nodeImage();

    /**
     * Namespace of the Lease that makes one of several operators active; by default that of its own service account.
     */
    Optional<String> namespace();

    /** Name of that Lease. Operators that share a namespace and manage different RaftClusters need different Leases. */
    @WithDefault("raftgres-operator")
    String lease();
}
