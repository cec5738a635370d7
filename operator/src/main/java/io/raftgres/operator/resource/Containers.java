package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import java.util.ArrayList;
import java.util.List;

/** Builds the two containers of a pod: the node and its PostgreSQL. */
final class Containers {

    static final String NODE = "node";
    static final String POSTGRES = "postgres";
    static final String DATA = "data";
    static final String LOG = "log";
    static final String TEMPORARY = "tmp";
    static final String POSTGRES_TEMPORARY = "postgres-tmp";
    static final String SOCKET = "postgres-socket";
    static final String SETTINGS = "postgres-config";

    private static final String FOLDER = "/var/lib/raftgres";
    private static final String LOG_VOLUME = "/var/lib/raftgres-log";
    private static final String SETTINGS_FOLDER = "/etc/raftgres";

    private Containers() {}

    /**
     * A native sidecar: an init container that keeps running, so it starts before the node and ends after it. It has no
     * liveness probe: the node tolerates an unavailable PostgreSQL, and Kubernetes restarts a container that ended.
     */
    static Container postgres(RaftClusterSpec spec, boolean assignedUser) {
        return new ContainerBuilder()
                .withName(POSTGRES)
                .withImage(spec.postgres().image())
                .withImagePullPolicy(spec.imagePullPolicy())
                .withRestartPolicy("Always")
                // Kubernetes keeps the last lines of a container that ended: the operator shows why it does not start.
                .withTerminationMessagePolicy("FallbackToLogsOnError")
                .withCommand("sh", SETTINGS_FOLDER + "/" + Configs.RUN)
                .withResources(DefaultResources.postgres(spec))
                .withSecurityContext(restricted())
                .withStartupProbe(new ProbeBuilder()
                        .withNewExec()
                        .withCommand("pg_isready", "-q", "-h", "127.0.0.1", "-U", "raftgres")
                        .endExec()
                        // After a crash PostgreSQL replays its log since the last checkpoint before it starts.
                        .withPeriodSeconds(1)
                        .withTimeoutSeconds(5)
                        .withFailureThreshold(1800)
                        .build())
                .withVolumeMounts(postgresMounts(assignedUser))
                .build();
    }

    /** PostgreSQL needs a name for its user. OpenShift itself adds a line for a user that it has assigned. */
    private static List<VolumeMount> postgresMounts(boolean assignedUser) {
        List<VolumeMount> mounts = new ArrayList<>(List.of(
                mount(DATA, FOLDER),
                mount(POSTGRES_TEMPORARY, "/tmp"),
                mount(SOCKET, "/var/run/postgresql"),
                readOnly(mount(SETTINGS, SETTINGS_FOLDER))));
        if (!assignedUser) {
            mounts.add(readOnly(new VolumeMountBuilder(mount(SETTINGS, "/etc/passwd"))
                    .withSubPath(Configs.PASSWD)
                    .build()));
        }
        return mounts;
    }

    static Container node(RaftClusterSpec spec, Names names, String image) {
        return new ContainerBuilder(bareNode(spec, names, image))
                .addNewPort()
                .withName("http")
                .withContainerPort(Names.HTTP_PORT)
                .withProtocol("TCP")
                .endPort()
                .addNewPort()
                .withName("etcd")
                .withContainerPort(Names.ETCD_PORT)
                .withProtocol("TCP")
                .endPort()
                .addNewPort()
                .withName("peer")
                .withContainerPort(Names.PEER_PORT)
                .withProtocol("TCP")
                .endPort()
                .addToEnv(fromBootstrap("RAFTGRES_JOIN", "join", names))
                .withStartupProbe(probe("started", 1, 2, 1800))
                .withReadinessProbe(probe("ready", 2, 2, 2))
                // Checks only whether the process works, never the quorum or PostgreSQL. It fails after two minutes:
                // restarting a slow process on an overloaded machine makes the overload worse.
                .withLivenessProbe(probe("live", 10, 10, 12))
                // The pod leaves the Service's endpoints before it stops. On SIGTERM the node then transfers its
                // leadership.
                .withNewLifecycle()
                .withNewPreStop()
                .withNewSleep(3L)
                .endPreStop()
                .endLifecycle()
                .build();
    }

    /** Rewrites the member's data into a new cluster with this one member, and ends. */
    static Container recovery(RaftClusterSpec spec, Names names, String image, String member) {
        return new ContainerBuilder(bareNode(spec, names, image))
                .editMatchingEnv(env -> env.getName().equals("POD_NAME"))
                .withValueFrom(null)
                .withValue(member)
                .endEnv()
                .addToEnv(value("RAFTGRES_RECOVER", "force-new-cluster"))
                .build();
    }

    private static Container bareNode(RaftClusterSpec spec, Names names, String image) {
        List<VolumeMount> mounts = new ArrayList<>(List.of(mount(DATA, FOLDER), mount(TEMPORARY, "/tmp")));
        if (spec.storage().log() != null) {
            mounts.add(mount(LOG, LOG_VOLUME));
        }
        // A directory in the volume: the node renames it when it discards its log.
        String log = spec.storage().log() == null ? "" : LOG_VOLUME + "/log";
        ResourceRequirements resources = DefaultResources.node(spec);
        EnvVar podName = new EnvVarBuilder()
                .withName("POD_NAME")
                .withNewValueFrom()
                .withNewFieldRef()
                .withFieldPath("metadata.name")
                .endFieldRef()
                .endValueFrom()
                .build();
        return new ContainerBuilder()
                .withName(NODE)
                .withTerminationMessagePolicy("FallbackToLogsOnError")
                .withImage(image)
                .withImagePullPolicy(spec.imagePullPolicy())
                .withResources(resources)
                .withSecurityContext(restricted())
                .withVolumeMounts(mounts)
                .withEnv(
                        podName,
                        value("RAFTGRES_NAME", "$(POD_NAME)"),
                        value("RAFTGRES_ADVERTISE", names.address("$(POD_NAME)")),
                        fromBootstrap("RAFTGRES_PEERS", "peers", names),
                        fromBootstrap("RAFTGRES_CLUSTER_NAME", "clusterName", names),
                        value("RAFTGRES_DATA_DIR", FOLDER + "/node"),
                        value("RAFTGRES_LOG_DIR", log),
                        value("RAFTGRES_PEER_LISTEN", "0.0.0.0:" + Names.PEER_PORT),
                        value("RAFTGRES_ETCD_PORT", String.valueOf(Names.ETCD_PORT)),
                        // This address serves etcd's API too.
                        value("QUARKUS_HTTP_HOST", "0.0.0.0"),
                        value("RAFTGRES_ALLOWED_HOSTS", String.join(",", hosts(spec, names))),
                        value("QUARKUS_HTTP_PORT", String.valueOf(Names.HTTP_PORT)),
                        value("RAFTGRES_POSTGRES_URL", "jdbc:postgresql://127.0.0.1:5432/raftgres"),
                        value(
                                "RAFTGRES_HISTORY_REVISIONS",
                                String.valueOf(spec.history().revisions())),
                        value("RAFTGRES_HISTORY_TIME", spec.history().time()))
                .addAllToEnv(NodeEnvironment.of(spec, resources))
                .build();
    }

    private static List<String> hosts(RaftClusterSpec spec, Names names) {
        List<String> hosts = new ArrayList<>(names.hosts());
        if (spec.allowedHosts() != null) {
            hosts.addAll(spec.allowedHosts());
        }
        Services.clientHost(spec).ifPresent(hosts::add);
        return hosts;
    }

    private static EnvVar value(String name, String value) {
        return new EnvVarBuilder().withName(name).withValue(value).build();
    }

    private static EnvVar fromBootstrap(String name, String key, Names names) {
        return new EnvVarBuilder()
                .withName(name)
                .withNewValueFrom()
                .withNewConfigMapKeyRef(key, names.bootstrapConfig(), false)
                .endValueFrom()
                .build();
    }

    private static Probe probe(String path, int periodSeconds, int timeoutSeconds, int failures) {
        return new ProbeBuilder()
                .withNewHttpGet()
                .withPath("/q/health/" + path)
                .withNewPort("http")
                .endHttpGet()
                .withPeriodSeconds(periodSeconds)
                .withTimeoutSeconds(timeoutSeconds)
                .withFailureThreshold(failures)
                .build();
    }

    private static VolumeMount mount(String volume, String path) {
        return new VolumeMountBuilder().withName(volume).withMountPath(path).build();
    }

    private static VolumeMount readOnly(VolumeMount mount) {
        return new VolumeMountBuilder(mount).withReadOnly(true).build();
    }

    private static SecurityContext restricted() {
        return new SecurityContextBuilder()
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(true)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .build();
    }
}
