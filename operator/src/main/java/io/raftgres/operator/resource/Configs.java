package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Builds the two ConfigMaps: PostgreSQL's settings and start script, and how a member without data begins. */
public final class Configs {

    /** The command of the PostgreSQL sidecar. */
    public static final String RUN = "run.sh";

    public static final String PASSWD = "passwd";
    private static final String SETTINGS = "postgresql.conf";
    private static final String HBA = "pg_hba.conf";

    private Configs() {}

    /**
     * A newer operator may write another script. It restarts no pod: a container reads the script and the settings when
     * it starts.
     */
    public static ConfigMap postgres(RaftCluster cluster) {
        Names names = Names.of(cluster);
        StringBuilder settings = new StringBuilder(file(SETTINGS));
        Map<String, String> own = cluster.getSpec().postgres().settings();
        if (own != null && !own.isEmpty()) {
            settings.append("\n# From spec.postgres.settings.\n");
            new TreeMap<>(own)
                    .forEach((name, value) -> settings.append(name)
                            .append(" = '")
                            .append(escape(value))
                            .append("'\n"));
        }
        return new ConfigMapBuilder()
                .withMetadata(names.metadata(names.postgresConfig(), cluster))
                .addToData(RUN, file(RUN))
                .addToData(PASSWD, file(PASSWD) + furtherUsers(cluster))
                .addToData(HBA, file(HBA))
                .addToData(SETTINGS, settings.toString())
                .build();
    }

    /** PostgreSQL needs a name for its user. */
    private static String furtherUsers(RaftCluster cluster) {
        return PodTemplates.users(cluster.getSpec().podTemplate()).stream()
                .filter(user -> user != 0 && user != Pods.UID)
                .map(user -> "user%d:x:%d:%d::/var/lib/raftgres:/bin/sh%n".formatted(user, user, user))
                .collect(Collectors.joining());
    }

    /** Escapes a value for postgresql.conf: quotes and backslashes are doubled. */
    private static String escape(String value) {
        return value.replace("\\", "\\\\").replace("'", "''");
    }

    private static String file(String name) {
        try (InputStream file = Configs.class.getResourceAsStream("/postgres/" + name)) {
            if (file == null) {
                throw new IllegalStateException("the operator was built without its resource postgres/" + name);
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
