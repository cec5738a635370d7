package io.raftgres.node.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** All that can be said to a node; {@code raftgres.*} as system properties, or RAFTGRES_* in the environment. */
@ConfigMapping(prefix = "raftgres")
public interface NodeConfig {

    /** This member's name; one of {@link #peers}, unless it has {@link #advertise}. */
    @WithDefault("node1")
    String name();

    /** Folder of the log, and of the embedded PostgreSQL. */
    @WithDefault("data/node1")
    Path dataDir();

    /**
     * Folder of the log, where it is to be on a disk of its own; by default {@code log} in {@link #dataDir}. It is
     * renamed when its log is given up, so it must not be a mount point itself.
     */
    Optional<Path> logDir();

    /** @return the folder of the log, absolute */
    static Path logFolder(NodeConfig config) {
        return config.logDir()
                .filter(folder -> !folder.toString().isBlank())
                .orElseGet(() -> config.dataDir().resolve("log"))
                .toAbsolutePath()
                .normalize();
    }

    /** @return the folder of snapshots for other members, absolute */
    static Path snapshotFolder(NodeConfig config) {
        return config.dataDir().toAbsolutePath().normalize().resolve("snapshots");
    }

    /**
     * The members that a new cluster begins with: {@code name=host:port@clientUrl}, the same list at each. Read once:
     * afterwards the log says who is a member. Without it, and without {@link #advertise}: this member alone, at
     * {@value Bootstrap#ALONE}. Here as in {@link #join} and {@link #advertise}, blank is absent.
     */
    Optional<List<String>> peers();

    /**
     * Where the others and clients find this member, as {@code host:port@clientUrl}; by default that is in its own
     * entry in {@link #peers}. With it, a member without data is a first member of a new cluster when {@link #peers}
     * names it, whatever {@link #join} says; when not, it joins. So what all members are given can change when the
     * cluster is there, and what each is given stays.
     */
    Optional<String> advertise();

    /**
     * Client URLs of members of a cluster to join, for a member without data. It joins as a learner, under an identity
     * of its own; its addresses are {@link #advertise}, or those of its own entry in {@link #peers}. Not used once
     * there is data.
     */
    Optional<List<String>> join();

    /** What a member that joins becomes when it has caught up: {@code voter}, or {@code learner} for ever. */
    @WithDefault("voter")
    JoinAs joinAs();

    enum JoinAs {
        VOTER,
        LEARNER
    }

    /** Where this member listens for the others; by default at the address that they have of it. */
    Optional<String> peerListen();

    /**
     * Names by which HTTP requests may name this node, besides localhost, IP addresses and the names that members are
     * advertised with: without a port; {@code *.example.com} for all below a name, {@code *} for any. Blank is absent.
     */
    Optional<List<String>> allowedHosts();

    /**
     * Origins of web pages that may send more than GET, such as {@code https://console.example.com}. Blank is absent.
     */
    Optional<List<String>> allowedOrigins();

    /** Port of etcd's API, at the address where REST listens. 0: any free one, which the log names. */
    @WithDefault("2379")
    int etcdPort();

    /** Tells one new cluster from another: the same at every first member. Its identity is made from it, once. */
    @WithDefault("raftgres")
    String clusterName();

    /**
     * {@code force-new-cluster}: instead of serving, makes a cluster of this member alone out of its data and ends. For
     * when most of the voters are lost for good. {@code restore:FILE}: makes a cluster of this member alone, in a data
     * folder that is empty, out of a snapshot that {@code etcdctl snapshot save} took.
     */
    Optional<String> recover();

    Postgres postgres();

    /** Without a leader's sign for this long to twice as long, a follower campaigns. */
    @WithDefault("300")
    int electionTimeoutMillis();

    /** Size of a segment of the log. */
    @WithDefault("67108864")
    int segmentBytes();

    /**
     * The log keeps entries for members that are behind up to this many bytes; one that is further behind gets a
     * snapshot.
     */
    @WithDefault("1073741824")
    long logBytes();

    /** Most bytes a second that a snapshot for another member is read and sent with; 0: as fast as it goes. */
    @WithDefault("33554432")
    long snapshotBytesPerSecond();

    /**
     * Revisions of history that are kept, and up to a tenth more, 100,000 at most; older ones are compacted. 0: all.
     */
    @WithDefault("10000000")
    long historyRevisions();

    /**
     * Time for which history is kept, counted from the start of the leader's process at the earliest; older history is
     * compacted, however few its revisions. 0: no limit.
     */
    @WithDefault("0s")
    Duration historyTime();

    /** The rows in PostgreSQL are compared with the log's hash this often; 0: never. */
    @WithDefault("10m")
    Duration scrubInterval();

    /** Latest changes kept in memory for watches; by default, and at most, their share of the process's memory. */
    OptionalLong watchBytes();

    /** Writes in flight on this node; more are refused as overloaded. Reads: four times as many. */
    @WithDefault("5000")
    int maxWritesInFlight();

    /** Longest key. */
    @WithDefault("8192")
    int maxKeyBytes();

    /** Longest value, and longest transaction. */
    @WithDefault("1572864")
    int maxValueBytes();

    interface Postgres {
        /** JDBC URL of a PostgreSQL beside this node; without it the node runs an embedded one. */
        Optional<String> url();

        /** Role that owns the schema, for {@link #url}. */
        @WithDefault("raftgres")
        String user();

        /** Its password, for {@link #url}. */
        Optional<String> password();

        /** Port of the embedded PostgreSQL on 127.0.0.1. */
        @WithDefault("15431")
        int port();
    }
}
