package io.raftgres.node.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** All options of a node; {@code raftgres.*} as system properties, or RAFTGRES_* in the environment. */
@ConfigMapping(prefix = "raftgres")
public interface NodeConfig {

    /** This member's name; it is in {@link #peers}, unless {@link #advertise} is set. */
    @WithDefault("node1")
    String name();

    /** Directory of the log, and of the embedded PostgreSQL. */
    @WithDefault("data/node1")
    Path dataDir();

    /**
     * Directory of the log, if it is on a disk of its own; by default {@code log} in {@link #dataDir}. It is renamed
     * when its log is set aside, so it must not be a mount point itself.
     */
    Optional<Path> logDir();

    /** @return the directory of the log, absolute */
    static Path logDirectory(NodeConfig config) {
        return config.logDir()
                .filter(directory -> !directory.toString().isBlank())
                .orElseGet(() -> config.dataDir().resolve("log"))
                .toAbsolutePath()
                .normalize();
    }

    /** @return the directory of snapshots for other members, absolute */
    static Path snapshotDirectory(NodeConfig config) {
        return config.dataDir().toAbsolutePath().normalize().resolve("snapshots");
    }

    /**
     * The members with which a new cluster begins: {@code name=host:port@clientUrl}, the same list at each. Read once:
     * afterwards the log has the members. If neither this nor {@link #advertise} is set: this member alone, at
     * {@value Bootstrap#ALONE}. Here, as in {@link #join} and {@link #advertise}, blank is absent.
     */
    Optional<List<String>> peers();

    /**
     * The addresses of this member for other members and clients, as {@code host:port@clientUrl}; by default those of
     * its own entry in {@link #peers}. If it is set, {@link #peers} decides for a member without data: a member that is
     * listed there is a first member of a new cluster, whatever {@link #join} is, and any other joins. So the options
     * common to all members can change once the cluster exists, and each member's own options stay.
     */
    Optional<String> advertise();

    /**
     * Client URLs of members of a cluster to join, for a member without data. It joins as a learner with a new
     * identity; its addresses are {@link #advertise}, or those of its own entry in {@link #peers}. Not used once there
     * is data.
     */
    Optional<List<String>> join();

    /** Final role of a joining member once it has caught up: {@code voter}, or {@code learner} permanently. */
    @WithDefault("voter")
    JoinAs joinAs();

    enum JoinAs {
        VOTER,
        LEARNER
    }

    /** Address where this member listens for the others; by default the address that they dial. */
    Optional<String> peerListen();

    /**
     * Host names by which HTTP requests may address this node, besides localhost, IP addresses and the members'
     * advertised names. Without a port; {@code *.example.com} for all names below a domain, {@code *} for any. Blank is
     * absent.
     */
    Optional<List<String>> allowedHosts();

    /**
     * Origins of web pages that may send more than GET, such as {@code https://console.example.com}. Blank is absent.
     */
    Optional<List<String>> allowedOrigins();

    /** Port of etcd's API, at the address where REST listens. 0: any free port, which the log names. */
    @WithDefault("2379")
    int etcdPort();

    /**
     * Port with health and metrics alone, always plain, at the address where REST listens: probes and Prometheus have
     * no certificate. By default there is none.
     */
    OptionalInt healthPort();

    /**
     * Distinguishes new clusters from each other: the same at every first member. The cluster's id is computed from it,
     * once.
     */
    @WithDefault("raftgres")
    String clusterName();

    /**
     * {@code force-new-cluster}: instead of serving, the node makes a cluster of this member alone from its data, and
     * ends. For use when most voters are permanently lost. {@code restore:FILE}: the node makes a cluster of this
     * member alone, in an empty data directory, from a snapshot that {@code etcdctl snapshot save} took.
     */
    Optional<String> recover();

    Postgres postgres();

    Tls tls();

    /**
     * Election timeout, drawn from 1 to 2 times this value: a follower that hears from no leader for this long
     * campaigns.
     */
    @WithDefault("300")
    int electionTimeoutMillis();

    /** Size of a segment of the log. */
    @WithDefault("67108864")
    int segmentBytes();

    /**
     * The log keeps up to this many bytes of entries for members that lag; a member that lags further gets a snapshot.
     */
    @WithDefault("1073741824")
    long logBytes();

    /** Upper bound of bytes a second for reading and sending a snapshot for another member; 0: no limit. */
    @WithDefault("33554432")
    long snapshotBytesPerSecond();

    /**
     * Number of revisions of history to keep, plus up to a tenth, 100,000 at most; older ones are compacted. 0: all.
     */
    @WithDefault("10000000")
    long historyRevisions();

    /**
     * Time for which history is kept, counted from the start of the leader's process at the earliest; older history is
     * compacted, however few its revisions. 0: no limit.
     */
    @WithDefault("0s")
    Duration historyTime();

    /** Interval at which the rows in PostgreSQL are compared with the log's hash; 0: never. */
    @WithDefault("10m")
    Duration scrubInterval();

    /**
     * Bytes of latest changes kept in memory for watches; by default, and at most, their share of the process's memory.
     */
    OptionalLong watchBytes();

    /** Writes in flight on this node; more are refused as overloaded. Reads: four times as many. */
    @WithDefault("5000")
    int maxWritesInFlight();

    /** Longest key. */
    @WithDefault("8192")
    int maxKeyBytes();

    /** Longest value, and longest request of etcd's API. */
    @WithDefault("1572864")
    int maxValueBytes();

    interface Postgres {
        /** JDBC URL of an external PostgreSQL; without it the node runs an embedded one. */
        Optional<String> url();

        /** Role that owns the schema, for {@link #url}. */
        @WithDefault("raftgres")
        String user();

        /** The role's password, for {@link #url}. */
        Optional<String> password();

        /** Port of the embedded PostgreSQL on 127.0.0.1. */
        @WithDefault("15431")
        int port();
    }

    /** Encryption of the ports; all files are PEM and are read again when they change. Blank is absent. */
    interface Tls {
        /**
         * How the ports of clients take connections. etcd's API has one port for both kinds. REST has two: the plain
         * one is not opened if TLS is required.
         */
        @WithDefault("off")
        Mode mode();

        /** Port of REST with TLS, at the address of the plain one. */
        @WithDefault("8443")
        int restPort();

        /** How the port of peers takes connections; peers always verify each other. */
        @WithDefault("off")
        Mode peerMode();

        /** This node's certificate for clients, with the intermediate ones after it. */
        Optional<String> cert();

        /** Its private key, without a password. */
        Optional<String> key();

        /** CAs of clients' certificates. */
        Optional<String> clientCa();

        /** Lists of revoked certificates of clients, signed by their CAs. */
        Optional<String> crl();

        /** Names of which a client's certificate must have one: CN, DNS name or IP address. */
        Optional<List<String>> allowedNames();

        /** Oldest version of TLS for clients: 1.2 or 1.3. Peers have 1.3 alone. */
        @WithDefault("1.2")
        String minVersion();

        /** Whether clients need certificates. */
        @WithDefault("none")
        ClientAuth clientAuth();

        /** This node's certificate for other nodes. */
        Optional<String> peerCert();

        /** Its private key, without a password. */
        Optional<String> peerKey();

        /** CAs of the nodes' certificates. */
        Optional<String> peerCa();

        /** Lists of revoked certificates of nodes, signed by their CAs. */
        Optional<String> peerCrl();

        enum Mode {
            /** Plain connections alone. */
            OFF,
            /** Plain and encrypted connections, while clients or members change from one to the other. */
            BOTH,
            /** Encrypted connections alone. */
            REQUIRED
        }

        enum ClientAuth {
            /** No certificate is asked for. */
            NONE,
            /** A client may have none; one that it has must be valid. */
            OPTIONAL,
            /** No connection without a valid certificate. */
            REQUIRED
        }
    }
}
