package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.google.protobuf.ByteString;
import io.raftgres.e2e.Cluster;
import io.raftgres.etcd.api.etcdserver.AuthDisableRequest;
import io.raftgres.etcd.api.etcdserver.AuthGrpc;
import io.raftgres.etcd.api.etcdserver.AuthRoleDeleteRequest;
import io.raftgres.etcd.api.etcdserver.AuthRoleListRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserDeleteRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserListRequest;
import io.raftgres.etcd.api.etcdserver.DeleteRangeRequest;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseLeasesRequest;
import io.raftgres.etcd.api.etcdserver.LeaseRevokeRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random scripts of many users get the same responses, refusals and texts from etcd and from Raftgres. */
@Tag("long")
class UsersIT {

    private static final int REQUESTS = Integer.getInteger("e2e.users.requests", 3_000);
    private static final long FIRST_SEED = Long.getLong("e2e.users.seed", 1);
    private static final int STEPS = 300;
    private static final int USERS_CHECKED = 3;
    private static final int SHOWN = 12;

    @TempDir
    Path directory;

    @Test
    void everyResponseToEveryUserEqualsEtcds() throws Exception {
        try (RealEtcd etcd = RealEtcd.start(directory.resolve("etcd"));
                Cluster cluster = Cluster.start(directory.resolve("raftgres"), 1, "-Dio.raftgres.users.try=true");
                UserSubject theirs = new UserSubject(etcd.endpoint());
                UserSubject ours = new UserSubject("127.0.0.1:" + cluster.etcdPort(1));
                ExecutorService both = Executors.newFixedThreadPool(2)) {
            cluster.awaitVersion(USERS_CHECKED);
            long began = System.nanoTime();
            int requests = 0;
            int refused = 0;
            for (long seed = FIRST_SEED; requests < REQUESTS; seed++) {
                reset(theirs);
                reset(ours);
                List<UserScript.Step> steps = new UserScript(seed).steps(STEPS);
                for (int i = 0; i < steps.size(); i++) {
                    UserScript.Step step = steps.get(i);
                    Future<String> expected = both.submit(() -> step.run(theirs));
                    String found = step.run(ours);
                    if (!expected.get().equals(found)) {
                        fail("seed " + seed + ", step " + i + ":\n" + before(steps, i) + "    etcd:     "
                                + expected.get() + "\n    raftgres: " + found);
                    }
                    refused += found.contains("etcdserver: ") ? 1 : 0;
                }
                requests += steps.size();
            }
            assertTrue(refused > requests / 10 && refused < requests * 9 / 10, refused + " refused");
            System.out.printf(
                    "etcd and Raftgres gave the same responses to %d requests of users, %d of them refusals, in %d s%n",
                    requests, refused, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began));
        }
    }

    private static String before(List<UserScript.Step> steps, int last) {
        StringBuilder text = new StringBuilder();
        for (int i = Math.max(0, last - SHOWN); i <= last; i++) {
            text.append("  ").append(steps.get(i).text()).append('\n');
        }
        return text.toString();
    }

    /** Removes users, roles, keys and leases, and all tokens. */
    private static void reset(UserSubject subject) throws InterruptedException {
        // A script may leave the users checked, and root without its token or with another password.
        subject.login("root", "root", "pass");
        subject.call("root", AuthGrpc.getAuthDisableMethod(), AuthDisableRequest.getDefaultInstance());
        UserScript.USERS.forEach(subject::forget);
        AuthGrpc.AuthBlockingStub auth = AuthGrpc.newBlockingStub(subject.channel());
        for (String user :
                auth.userList(AuthUserListRequest.getDefaultInstance()).getUsersList()) {
            auth.userDelete(AuthUserDeleteRequest.newBuilder().setName(user).build());
        }
        for (String role :
                auth.roleList(AuthRoleListRequest.getDefaultInstance()).getRolesList()) {
            auth.roleDelete(AuthRoleDeleteRequest.newBuilder().setRole(role).build());
        }
        LeaseGrpc.LeaseBlockingStub leases = LeaseGrpc.newBlockingStub(subject.channel());
        leases.leaseLeases(LeaseLeasesRequest.getDefaultInstance())
                .getLeasesList()
                .forEach(lease -> leases.leaseRevoke(
                        LeaseRevokeRequest.newBuilder().setID(lease.getID()).build()));
        ByteString zero = ByteString.copyFrom(new byte[] {0});
        KVGrpc.newBlockingStub(subject.channel())
                .deleteRange(DeleteRangeRequest.newBuilder()
                        .setKey(zero)
                        .setRangeEnd(zero)
                        .build());
        subject.countRevisionsFromHere();
    }
}
