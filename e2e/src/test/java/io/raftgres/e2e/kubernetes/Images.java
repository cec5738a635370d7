package io.raftgres.e2e.kubernetes;

/**
 * The images that the cluster's machines have, or can pull: from the environment, or as {@code ./raftgres images} names
 * them.
 */
final class Images {
    private Images() {}

    static final String NODE = named("RAFTGRES_NODE_IMAGE", "raftgres/node:0.1.0-SNAPSHOT");
    static final String OPERATOR = named("RAFTGRES_OPERATOR_IMAGE", "raftgres/operator:0.1.0-SNAPSHOT");
    static final String POSTGRES = named("RAFTGRES_POSTGRES_IMAGE", "postgres:18.6");
    static final String CLIENT = named("RAFTGRES_CLIENT_IMAGE", "raftgres/e2e-client:0.1.0-SNAPSHOT");

    private static String named(String variable, String other) {
        String value = System.getenv(variable);
        return value == null || value.isBlank() ? other : value;
    }
}
