package io.raftgres.node.etcd.gateway;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.raftgres.etcd.api.etcdserver.AuthGrpc;
import io.raftgres.etcd.api.etcdserver.ClusterGrpc;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseGrpc;
import io.raftgres.etcd.api.etcdserver.MaintenanceGrpc;
import io.raftgres.etcd.api.etcdserver.WatchGrpc;
import io.raftgres.etcd.api.v3election.ElectionGrpc;
import io.raftgres.etcd.api.v3lock.LockGrpc;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Maps paths to calls, as etcd's proto files do. Like there, RangeStream has no path. */
final class GatewayRoutes {

    static final String PREFIX = "/v3/";

    /** Prefix of the paths that older clients use. */
    private static final String OLD_PREFIX = "/v3beta/";

    private static final String KV = """
            kv/range Range
            kv/put Put
            kv/deleterange DeleteRange
            kv/txn Txn
            kv/compaction Compact
            """;

    private static final String LEASE = """
            lease/grant LeaseGrant
            lease/revoke LeaseRevoke
            kv/lease/revoke LeaseRevoke
            lease/keepalive LeaseKeepAlive
            lease/timetolive LeaseTimeToLive
            kv/lease/timetolive LeaseTimeToLive
            lease/leases LeaseLeases
            kv/lease/leases LeaseLeases
            """;

    private static final String CLUSTER = """
            cluster/member/add MemberAdd
            cluster/member/remove MemberRemove
            cluster/member/update MemberUpdate
            cluster/member/list MemberList
            cluster/member/promote MemberPromote
            """;

    private static final String MAINTENANCE = """
            maintenance/alarm Alarm
            maintenance/status Status
            maintenance/defragment Defragment
            maintenance/hash Hash
            maintenance/hashkv HashKV
            maintenance/snapshot Snapshot
            maintenance/transfer-leadership MoveLeader
            maintenance/downgrade Downgrade
            """;

    private static final String AUTH = """
            auth/enable AuthEnable
            auth/disable AuthDisable
            auth/status AuthStatus
            auth/authenticate Authenticate
            auth/user/add UserAdd
            auth/user/get UserGet
            auth/user/list UserList
            auth/user/delete UserDelete
            auth/user/changepw UserChangePassword
            auth/user/grant UserGrantRole
            auth/user/revoke UserRevokeRole
            auth/role/add RoleAdd
            auth/role/get RoleGet
            auth/role/list RoleList
            auth/role/delete RoleDelete
            auth/role/grant RoleGrantPermission
            auth/role/revoke RoleRevokePermission
            """;

    private static final String ELECTION = """
            election/campaign Campaign
            election/proclaim Proclaim
            election/leader Leader
            election/observe Observe
            election/resign Resign
            """;

    private final Map<String, MethodDescriptor<Message, Message>> methods = new HashMap<>();

    GatewayRoutes() {
        add(KVGrpc.getServiceDescriptor(), KV);
        add(WatchGrpc.getServiceDescriptor(), "watch Watch");
        add(LeaseGrpc.getServiceDescriptor(), LEASE);
        add(ClusterGrpc.getServiceDescriptor(), CLUSTER);
        add(MaintenanceGrpc.getServiceDescriptor(), MAINTENANCE);
        add(AuthGrpc.getServiceDescriptor(), AUTH);
        add(LockGrpc.getServiceDescriptor(), "lock/lock Lock\nlock/unlock Unlock");
        add(ElectionGrpc.getServiceDescriptor(), ELECTION);
    }

    @SuppressWarnings("unchecked")
    private void add(ServiceDescriptor service, String routes) {
        for (String route : routes.lines().toList()) {
            List<String> pathAndName = List.of(route.split(" "));
            MethodDescriptor<?, ?> found = service.getMethods().stream()
                    .filter(method -> pathAndName.getLast().equals(method.getBareMethodName()))
                    .findFirst()
                    .orElseThrow();
            methods.put(PREFIX + pathAndName.getFirst(), (MethodDescriptor<Message, Message>) found);
        }
    }

    /** @return whether the gateway serves this path, if only with a 404 */
    static boolean covers(String path) {
        return path.startsWith(PREFIX) || path.startsWith(OLD_PREFIX);
    }

    /** @return null if the path has no call */
    MethodDescriptor<Message, Message> find(String path) {
        return methods.get(path.startsWith(OLD_PREFIX) ? PREFIX + path.substring(OLD_PREFIX.length()) : path);
    }
}
