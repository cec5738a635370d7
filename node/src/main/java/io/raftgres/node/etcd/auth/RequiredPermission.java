package io.raftgres.node.etcd.auth;

import java.util.HashMap;
import java.util.Map;

/**
 * The permission that a method requires while users are checked. Every method of the server must be listed: the server
 * refuses a method that is not.
 */
enum RequiredPermission {
    /** No permission: methods that a client calls before it authenticates, or that manage a connection. */
    ANYBODY,
    /** No permission; but a token that is shown must be valid. */
    TOKEN_IF_ANY,
    /** Any authenticated user. */
    USER,
    /**
     * Permission to read or write the keys of the request, including those of its nested transactions and leases. The
     * service checks them.
     */
    KEYS,
    /**
     * The role root, with exceptions for one's own user and roles. Checked by the state that the call reads or changes.
     */
    USERS,
    /** The role root. */
    ROOT;

    private static final Map<String, RequiredPermission> BY_METHOD = new HashMap<>();

    static {
        list(KEYS, "etcdserverpb.KV", "Range", "RangeStream", "Put", "DeleteRange", "Txn");
        list(ROOT, "etcdserverpb.KV", "Compact");
        list(KEYS, "etcdserverpb.Watch", "Watch");
        list(
                KEYS,
                "etcdserverpb.Lease",
                "LeaseGrant",
                "LeaseKeepAlive",
                "LeaseLeases",
                "LeaseRevoke",
                "LeaseTimeToLive");
        list(USER, "etcdserverpb.Cluster", "MemberList");
        list(ROOT, "etcdserverpb.Cluster", "MemberAdd", "MemberRemove", "MemberUpdate", "MemberPromote");
        // Alarm: the role root, unless it only shows the alarms.
        list(USER, "etcdserverpb.Maintenance", "Status", "Alarm");
        list(ROOT, "etcdserverpb.Maintenance", "Defragment", "Hash", "HashKV", "Snapshot", "MoveLeader", "Downgrade");
        list(ANYBODY, "etcdserverpb.Auth", "Authenticate");
        list(TOKEN_IF_ANY, "etcdserverpb.Auth", "AuthStatus");
        list(
                USERS,
                "etcdserverpb.Auth",
                "UserGet",
                "RoleGet",
                "AuthEnable",
                "AuthDisable",
                "UserAdd",
                "UserList",
                "UserDelete",
                "UserChangePassword",
                "UserGrantRole",
                "UserRevokeRole",
                "RoleAdd",
                "RoleList",
                "RoleDelete",
                "RoleGrantPermission",
                "RoleRevokePermission");
        list(KEYS, "v3lockpb.Lock", "Lock", "Unlock");
        list(KEYS, "v3electionpb.Election", "Campaign", "Proclaim", "Leader", "Observe", "Resign");
        list(ANYBODY, "grpc.health.v1.Health", "Check", "List", "Watch");
        list(ANYBODY, "grpc.reflection.v1.ServerReflection", "ServerReflectionInfo");
        list(ANYBODY, "grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo");
    }

    private static void list(RequiredPermission right, String service, String... methods) {
        for (String method : methods) {
            BY_METHOD.put(service + "/" + method, right);
        }
    }

    /**
     * @param method such as {@code etcdserverpb.KV/Put}
     * @return null if it is not listed
     */
    static RequiredPermission of(String method) {
        return BY_METHOD.get(method);
    }
}
