package io.raftgres.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.model.annotation.SpecReplicas;
import java.util.List;
import java.util.Map;

/** The specification of a cluster. Fields that have a default are never null: the API server fills them in. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "!has(self.storage) || !has(oldSelf.storage) || has(self.storage.log) == has(oldSelf.storage.log)",
        message = "storage.log cannot be added or removed later: create a new cluster with the storage that you want,"
                + " and copy the keys")
@ValidationRule(
        value = "(has(oldSelf.config) && has(oldSelf.config.electionTimeoutMillis)"
                + " ? oldSelf.config.electionTimeoutMillis : 300) <= 4 * (has(self.config)"
                + " && has(self.config.electionTimeoutMillis) ? self.config.electionTimeoutMillis : 300)",
        message = "config.electionTimeoutMillis must not be lowered to less than a quarter at once: members that have"
                + " restarted would lose a leader that has not. Lower it in steps, and wait for Ready after each."
                + " Without the field it is 300")
public record RaftClusterSpec(
        @SpecReplicas
        @Default("3")
        @Min(1)
        @Max(9)
        @ValidationRule(
                value = "self % 2 == 1",
                message = "replicas must be odd (1, 3, 5, 7 or 9):"
                        + " an even number costs one more member, and does not survive the loss of more members")
        @JsonPropertyDescription("Number of members of the cluster: 1, 3, 5, 7 or 9. Three members survive the loss"
                + " of one, five of two. May be changed at any time, also with 'kubectl scale'; members are added and"
                + " removed one by one.")
        Integer replicas,

        @Size(max = 512)
        @JsonPropertyDescription("Image of the node. Without it, the operator chooses its own default at creation and"
                + " keeps it: an upgrade of the operator restarts no pod. Set it to upgrade the nodes: the pods are"
                + " replaced one by one, the leader last. A release that may not read the data, or skips releases, is"
                + " refused.")
        String image,

        @Default("IfNotPresent")
        @ValidationRule(
                value = "self in ['Always', 'IfNotPresent', 'Never']",
                message = "imagePullPolicy must be Always, IfNotPresent or Never")
        @JsonPropertyDescription("When the node pulls images: Always, IfNotPresent or Never.")
        String imagePullPolicy,

        @Size(max = 16)
        @JsonPropertyDescription("Secrets in the same namespace with the credentials to pull the images.")
        List<LocalObjectReference> imagePullSecrets,

        @JsonPropertyDescription("CPU and memory of the node's container. The heap has 40 % of the memory limit: set a"
                + " limit in production, 1Gi or more. Without this field a new pod requests 100m and 512Mi, with a"
                + " memory limit of 1Gi.")
        ResourceRequirements resources,

        @JsonPropertyDescription("Options of the nodes and of their JVM. spec.history and spec.allowedHosts have"
                + " further options; the operator sets addresses, peers and directories itself. A change replaces the"
                + " pods one by one.")
        NodeOptions config,

        @Size(max = 64)
        @ValidationRule(
                value = "self.all(e, e.name.matches('^[A-Za-z_][A-Za-z0-9_]*$'))",
                message = "the names in env must have only letters, digits and '_', and must not begin with a digit")
        @ValidationRule(
                value = "!self.exists(e, e.name.matches('(?i)^(raftgres_.*|quarkus_http_(host|port|root_path)"
                        + "|quarkus_log_console_json_enabled|pod_name|java_tool_options|jdk_java_options"
                        + "|_java_options)$'))",
                message = "env must not set RAFTGRES_*, POD_NAME, QUARKUS_HTTP_HOST or QUARKUS_HTTP_PORT, because the"
                        + " operator sets the addresses, peers and directories itself: set the options of a node in"
                        + " spec.config, spec.history or spec.allowedHosts, and those of its JVM in"
                        + " spec.config.jvmOptions")
        @ValidationRule(
                value = "!self.exists(e, e.name.matches('(?i)^_[a-z0-9]+_(raftgres|quarkus)_'))",
                message = "env must not set an option by the name of a profile, such as _PROD_RAFTGRES_DATA_DIR: it"
                        + " would replace what the operator sets. Set the options of a node in spec.config,"
                        + " spec.history or spec.allowedHosts")
        @JsonPropertyDescription("Further environment variables of the node's container, with a value or with"
                + " valueFrom. A change replaces the pods one by one.")
        List<EnvVar> env,

        @Default("{}") @JsonPropertyDescription("The members' disks.")
        Storage storage,

        @Default("{}")
        @JsonPropertyDescription(
                "The PostgreSQL of each node. It runs in the same pod, and only this node can reach it.")
        Postgres postgres,

        @Default("{}")
        @JsonPropertyDescription("How many past revisions can be read, and how far back a watch can" + " start.")
        History history,

        @Default("{}") @JsonPropertyDescription("Where pods run.")
        Scheduling scheduling,

        @Default("{}") @JsonPropertyDescription("A PodMonitor for the Prometheus operator.")
        PodMonitor podMonitor,

        @Size(max = 32)
        @ValidationRule(
                value = "!self.exists(k, k.startsWith('raftgres.io/') || k in ['app.kubernetes.io/name',"
                        + " 'app.kubernetes.io/instance', 'app.kubernetes.io/managed-by',"
                        + " 'app.kubernetes.io/component'])",
                message = "podLabels must not set the labels that the operator itself sets: take other names")
        @JsonPropertyDescription("Further labels for the pods. A change replaces the pods one by one.")
        Map<String, String> podLabels,

        @Size(max = 32)
        @ValidationRule(
                value = "!self.exists(k, k.startsWith('raftgres.io/'))",
                message = "podAnnotations must not begin with raftgres.io/: these are the operator's; take other names")
        @JsonPropertyDescription("Further annotations for the pods. A change replaces the pods one by one.")
        Map<String, String> podAnnotations,

        PodTemplate podTemplate,

        @JsonPropertyDescription("How clients reach the cluster from outside of Kubernetes, and whether each member has"
                + " a Service of its own.")
        ServiceSpecs services,

        @Size(max = 16)
        @ValidationRule(
                value = "self.all(h, h.matches('^([*][.])?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$'))",
                message = "allowedHosts are DNS names in small letters without a port, such as db.example.com, or"
                        + " *.example.com for all names below one")
        @JsonPropertyDescription("Further names by which clients reach the nodes' HTTP, such as that of an Ingress or a"
                + " load balancer; those of the Services are known. A node refuses requests for other names, which a"
                + " web page may have sent. A change replaces the pods one by one.")
        List<String> allowedHosts,

        @Default("false")
        @JsonPropertyDescription("While true the operator changes nothing, and only writes the status.")
        Boolean paused,

        @Default("false")
        @JsonPropertyDescription(
                "While true no pod runs; all data stays on its claims." + " Set it to false to wake the cluster.")
        Boolean hibernated,

        @JsonPropertyDescription("Actions that only an administrator may request, when a majority of the members is"
                + " lost permanently.")
        RecoveryRequest recovery) {

    /** The members' disks. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Storage(
            @Default("{}")
            @JsonPropertyDescription(
                    "The claim of each member: PostgreSQL's data, and the Raft log unless it has its own claim.")
            Claim data,

            @JsonPropertyDescription("A second claim of each member, only for the Raft log, so that its syncs do not"
                    + " share a disk with PostgreSQL's checkpoints. Cannot be added or removed later.")
            Claim log,

            @Default("Retain")
            @ValidationRule(
                    value = "self in ['Retain', 'Delete']",
                    message = "onDelete must be Retain (the data outlives the RaftCluster) or Delete (the data is"
                            + " deleted with it)")
            @JsonPropertyDescription("What happens to the claims when the RaftCluster is deleted: Retain keeps them,"
                    + " and a new RaftCluster of the same name uses them again; Delete removes them and their data,"
                    + " and the RaftCluster has a finalizer until the operator has done so.")
            String onDelete) {}

    /** A claim for a disk. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @ValidationRule(
            value = "has(self.storageClassName) == has(oldSelf.storageClassName) && (!has(self.storageClassName)"
                    + " || self.storageClassName == oldSelf.storageClassName)",
            message = "storageClassName cannot be changed: create a new cluster with the class that you want, and"
                    + " copy the keys")
    public record Claim(
            @Default("10Gi")
            @Size(max = 32)
            @ValidationRule(
                    value = "isQuantity(self) && quantity(self).isGreaterThan(quantity('255Mi'))",
                    message = "size must be a quantity of 256Mi or more, such as 10Gi")
            @JsonPropertyDescription("Size, such as 10Gi. May grow later, if the storage class allows it. A claim never"
                    + " shrinks, but a growth that is refused may be taken back.")
            String size,

            @Size(max = 253)
            @JsonPropertyDescription(
                    "Storage class; without it, the default class of the Kubernetes cluster." + " Cannot be changed.")
            String storageClassName) {}

    /** The PostgreSQL of each node. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Postgres(
            @Default(Postgres.DEFAULT_IMAGE)
            @Size(min = 1, max = 512)
            @JsonPropertyDescription(
                    "An image that has PostgreSQL 15 or later on its PATH. Another major version cannot"
                            + " read the data: if its tag names one, the image is refused; otherwise the first pod that gets"
                            + " it does not start.")
            String image,

            @JsonPropertyDescription("CPU and memory of PostgreSQL's container. Without this field a new pod requests"
                    + " 100m and 256Mi, with a memory limit of 1Gi; there is no limit if spec.postgres.settings sizes"
                    + " PostgreSQL's memory, such as shared_buffers.")
            ResourceRequirements resources,

            @Size(max = 32)
            @ValidationRule(
                    value = "!self.exists(k, k in ['listen_addresses', 'port', 'unix_socket_directories',"
                            + " 'data_directory', 'hba_file', 'ident_file', 'config_file', 'include', 'include_dir',"
                            + " 'include_if_exists', 'external_pid_file', 'max_connections', 'password_encryption',"
                            + " 'ssl', 'wal_level', 'archive_mode', 'archive_command', 'archive_library',"
                            + " 'primary_conninfo', 'restore_command', 'default_transaction_read_only',"
                            + " 'default_transaction_isolation'])",
                    message = "the operator sets these settings itself, or they would stop a node from working: remove"
                            + " listen_addresses, port, unix_socket_directories, data_directory, *_file, include*,"
                            + " max_connections, password_encryption, ssl, wal_level, archive_*, primary_conninfo,"
                            + " restore_command and default_transaction_*")
            @ValidationRule(
                    value = "(!('fsync' in self) || self['fsync'] in ['on', 'true', 'yes', '1'])"
                            + " && (!('full_page_writes' in self)"
                            + " || self['full_page_writes'] in ['on', 'true', 'yes', '1'])",
                    message = "fsync and full_page_writes must stay on:"
                            + " without them a crash of the machine corrupts data")
            @ValidationRule(
                    value = "self.all(k, k.matches('^[a-z_][a-z0-9_.]{0,62}$'))",
                    message = "the names of settings must be PostgreSQL's, in small letters, such as shared_buffers")
            @ValidationRule(
                    value = "self.all(k, !self[k].contains('\\n'))",
                    message = "the value of a setting must be one line")
            @JsonPropertyDescription("Settings for postgresql.conf, such as shared_buffers: 512MB. They follow the"
                    + " operator's own settings. A change replaces the pods one by one.")
            Map<String, String> settings) {

        /**
         * An exact release, so that all members run the same one. A RaftCluster that exists keeps the image that the
         * API server wrote into its spec.
         */
        public static final String DEFAULT_IMAGE = "postgres:18.6";
    }

    /** How long past revisions are kept. */
    public record History(
            @Default("10000000")
            @Min(0)
            @JsonPropertyDescription("Number of revisions to keep; older ones are compacted. 0: keep all.")
            Long revisions,

            @Default("0s")
            @Size(max = 32)
            @ValidationRule(
                    value = "self.matches('^[0-9]{1,9}(ms|s|m|h|d)$')",
                    message = "time must be a number with a unit, such as 30m, 12h or 7d; 0s for no limit")
            @JsonPropertyDescription("How long revisions are kept, such as 12h or 7d. 0s: no limit of time.")
            String time) {}

    /** The Prometheus operator's PodMonitor. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record PodMonitor(
            @Default("false") @JsonPropertyDescription("Create a PodMonitor, if the Kubernetes cluster has this kind.")
            Boolean enabled,

            @Default("30s")
            @Size(max = 16)
            @ValidationRule(
                    value = "self.matches('^[0-9]{1,6}(ms|s|m|h)$')",
                    message = "interval must be a number with a unit, such as 30s")
            @JsonPropertyDescription("Interval at which Prometheus reads the metrics.")
            String interval,

            @Size(max = 16)
            @ValidationRule(
                    value = "!self.exists(k, k.startsWith('raftgres.io/') || k in ['app.kubernetes.io/name',"
                            + " 'app.kubernetes.io/instance', 'app.kubernetes.io/managed-by',"
                            + " 'app.kubernetes.io/component'])",
                    message = "podMonitor.labels must not set the labels that the operator itself sets: take other"
                            + " names")
            @JsonPropertyDescription("Further labels of the PodMonitor, by which a Prometheus selects it, such as"
                    + " release: kube-prometheus-stack.")
            Map<String, String> labels) {}

    /** Actions that only an administrator may request. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record RecoveryRequest(
            @JsonPropertyDescription("Make a new cluster from the data of one member, when a majority is lost"
                    + " permanently. The last writes may be lost. The claims of all other members are deleted, and"
                    + " these members join again without data.")
            ForceNewCluster forceNewCluster) {}
}
