package io.raftgres.node.etcd;

/** Which etcd this is compatible with. */
final class EtcdVersion {

    static final String SERVER = "3.7.0";

    /** As the answers to downgrades have it. */
    static final String MINOR = "3.7";

    /** The one version that etcd 3.7 could be downgraded to. */
    static final String BEFORE = "3.6";

    private EtcdVersion() {}
}
