package io.raftgres.node.etcd.call;

/** Which etcd this is compatible with. */
public final class EtcdVersion {

    public static final String SERVER = "3.7.0";

    /** As the answers to downgrades have it. */
    public static final String MINOR = "3.7";

    /** The one version that etcd 3.7 could be downgraded to. */
    public static final String BEFORE = "3.6";

    private EtcdVersion() {}
}
