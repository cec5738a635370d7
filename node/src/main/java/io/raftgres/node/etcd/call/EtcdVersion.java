package io.raftgres.node.etcd.call;

/** The version of etcd with which this node is compatible. */
public final class EtcdVersion {

    public static final String SERVER = "3.7.0";

    /** The version as responses to downgrade requests contain it. */
    public static final String MINOR = "3.7";

    /** The only version to which etcd 3.7 could be downgraded. */
    public static final String BEFORE = "3.6";

    private EtcdVersion() {}
}
