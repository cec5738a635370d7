package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.raftgres.e2e.extremes.Storm;
import io.raftgres.etcd.api.etcdserver.AuthGrpc;
import io.raftgres.etcd.api.etcdserver.AuthRoleGetRequest;
import io.raftgres.etcd.api.etcdserver.AuthRoleListRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserGetRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserListRequest;
import io.raftgres.etcd.api.etcdserver.ClusterGrpc;
import io.raftgres.etcd.api.etcdserver.Member;
import io.raftgres.etcd.api.etcdserver.MemberListRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every kind of request through every API, with extremes in every field. No process ends, no response reports an
 * internal failure, and all members have the same state, also after a restart of all. {@code
 * -Draftgres.extremes.requests=200000} is the long run.
 */
class ExtremesIT {

    private static final long SEED = Long.getLong("raftgres.extremes.seed", System.nanoTime() % 1_000_000);
    private static final int REQUESTS = Integer.getInteger("raftgres.extremes.requests", 4_000);

    @TempDir
    Path directory;

    @Test
    void noRequestEndsANodeOrPartsTheMembers() throws Exception {
        System.out.println("extremes: seed " + SEED + ", " + REQUESTS + " requests");
        try (Cluster cluster = Cluster.start(directory)) {
            List<Long> processes = processes(cluster);
            try (Storm storm =
                    new Storm(cluster.urls(), List.of(cluster.etcdEndpoints().split(",")))) {
                long begun = System.nanoTime();
                storm.run(SEED, REQUESTS);
                System.out.printf(
                        "extremes: %d s; %s%n", (System.nanoTime() - begun) / 1_000_000_000, storm.outcomes());
                for (long pid : processes) {
                    Optional<ProcessHandle> process = ProcessHandle.of(pid);
                    assertTrue(
                            process.isPresent() && Cluster.runs(process.get()),
                            () -> "process " + pid + " has ended, seed " + SEED + "; "
                                    + String.join("\n", storm.faults()));
                }
                assertEquals("", String.join("\n", storm.faults()), () -> "seed " + SEED);
            }
            assertEquals(processes, processes(cluster));
            String before = sharedState(cluster);
            long begun = System.nanoTime();
            cluster.run("down");
            cluster.up();
            System.out.println("extremes: down and up in " + (System.nanoTime() - begun) / 1_000_000 + " ms");
            assertEquals(before, sharedState(cluster), () -> "seed " + SEED);
            assertTrue(cluster.put(1, "after/extremes", "x").statusCode() < 300);
            System.out.println("extremes: hash on all nodes: " + cluster.awaitEqualHashes());
        }
    }

    private static List<Long> processes(Cluster cluster) throws IOException {
        List<Long> ids = new ArrayList<>();
        for (int node = 1; node <= Cluster.NODES; node++) {
            ids.add(cluster.nodePid(node));
            ids.add(cluster.postgresPid(node));
        }
        return ids;
    }

    /**
     * @return users, roles and members, which must be equal on all nodes; the hash compares the rows, and it still
     *     changes
     */
    private static String sharedState(Cluster cluster) throws Exception {
        long begun = System.nanoTime();
        System.out.println("extremes: hash on all nodes: " + cluster.awaitEqualHashes() + " after "
                + (System.nanoTime() - begun) / 1_000_000 + " ms");
        String shared = null;
        for (String endpoint : cluster.etcdEndpoints().split(",")) {
            ManagedChannel channel =
                    NettyChannelBuilder.forTarget(endpoint).usePlaintext().build();
            try {
                String state = state(channel);
                assertEquals(shared == null ? state : shared, state, () -> endpoint + ", seed " + SEED);
                shared = state;
                System.out.println("extremes: state of " + endpoint + " known after "
                        + (System.nanoTime() - begun) / 1_000_000 + " ms");
            } finally {
                channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
            }
        }
        return shared;
    }

    private static String state(ManagedChannel channel) {
        TreeMap<String, Object> state = new TreeMap<>();
        AuthGrpc.AuthBlockingStub auth = AuthGrpc.newBlockingStub(channel);
        for (String user :
                auth.userList(AuthUserListRequest.getDefaultInstance()).getUsersList()) {
            state.put(
                    "user " + user,
                    auth.userGet(AuthUserGetRequest.newBuilder().setName(user).build())
                            .getRolesList());
        }
        for (String role :
                auth.roleList(AuthRoleListRequest.getDefaultInstance()).getRolesList()) {
            state.put(
                    "role " + role,
                    auth.roleGet(AuthRoleGetRequest.newBuilder().setRole(role).build())
                            .getPermList());
        }
        state.put(
                "members",
                ClusterGrpc.newBlockingStub(channel)
                        .memberList(MemberListRequest.newBuilder()
                                .setLinearizable(true)
                                .build())
                        .getMembersList()
                        .stream()
                        .map(Member::getID)
                        .sorted()
                        .toList());
        return state.toString();
    }
}
