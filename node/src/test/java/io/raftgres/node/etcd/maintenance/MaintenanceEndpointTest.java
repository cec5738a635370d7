package io.raftgres.node.etcd.maintenance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.raftgres.node.etcd.TestGateway;
import io.raftgres.node.kv.ServiceException;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The responses are those of etcd 3.7.1 to the same requests; the one member, a1, leads. */
class MaintenanceEndpointTest {

    private final TestGateway gateway = new TestGateway();

    @AfterEach
    void close() {
        gateway.close();
    }

    private String post(String path, String json) {
        HttpResponse<String> response = gateway.post("/v3/" + path, json);
        return response.statusCode() + " " + response.body().replaceFirst("\"header\":\\{[^}]*\\}", "HEADER");
    }

    @Test
    void statusDescribesTheMember() {
        assertEquals(
                "200 {HEADER,\"version\":\"3.7.0\",\"leader\":\"161\",\"raftIndex\":\"42\",\"raftTerm\":\"7\","
                        + "\"raftAppliedIndex\":\"41\",\"errors\":[\"etcdserver: this node has no data of its own now; ask"
                        + " another node\"],\"storageVersion\":\"3.7.0\",\"downgradeInfo\":{}}",
                post("maintenance/status", ""));
    }

    @Test
    void downgradesGetTheResponsesOfACurrentEtcd() {
        String format = "400 {\"code\":3,\"message\":\"etcdserver: wrong downgrade target version format\"}";
        String target = "400 {\"code\":3,\"message\":\"etcdserver: invalid downgrade target version\"}";
        assertEquals(
                "200 {HEADER,\"version\":\"3.7\"}",
                post("maintenance/downgrade", "{\"action\":\"VALIDATE\",\"version\":\"3.6.0\"}"));
        assertEquals("200 {HEADER,\"version\":\"3.7\"}", post("maintenance/downgrade", "{\"action\":\"CANCEL\"}"));
        assertEquals(format, post("maintenance/downgrade", "{}"));
        assertEquals(format, post("maintenance/downgrade", "{\"action\":\"VALIDATE\",\"version\":\"x\"}"));
        assertEquals(target, post("maintenance/downgrade", "{\"action\":\"VALIDATE\",\"version\":\"3.5.0\"}"));
        assertEquals(target, post("maintenance/downgrade", "{\"action\":\"VALIDATE\",\"version\":\"3.7.0\"}"));
        assertEquals(target, post("maintenance/downgrade", "{\"action\":\"ENABLE\",\"version\":\"3.6.0\"}"));
    }

    @Test
    void leadershipMovesToVotersOnly() {
        String bad = "400 {\"code\":9,\"message\":\"etcdserver: bad leader transferee\"}";
        assertEquals(bad, post("maintenance/transfer-leadership", "{}"));
        assertEquals(bad, post("maintenance/transfer-leadership", "{\"targetID\":\"33\"}"));
        assertEquals("200 {}", post("maintenance/transfer-leadership", "{\"targetID\":\"161\"}"));
    }

    @Test
    void alarmsAreListedAndNotMadeByHand() {
        assertEquals("200 {HEADER}", post("maintenance/alarm", "{}"));
        assertEquals(
                "200 {HEADER}",
                post("maintenance/alarm", "{\"action\":\"DEACTIVATE\",\"memberID\":\"33\",\"alarm\":\"CORRUPT\"}"));
        assertTrue(post("maintenance/alarm", "{\"action\":\"ACTIVATE\",\"memberID\":\"33\",\"alarm\":\"CORRUPT\"}")
                .startsWith("501 {\"code\":12,"));
        // The hash of the member's report: ff.
        assertEquals("200 {HEADER,\"hash\":255}", post("maintenance/hash", ""));
    }

    @Test
    void authBehavesAsEtcdsWithoutUsers() {
        assertEquals("200 {HEADER,\"authRevision\":\"1\"}", post("auth/status", "{}"));
        assertEquals("200 {HEADER}", post("auth/disable", "{}"));
        assertEquals("200 {HEADER}", post("auth/user/list", "{}"));
        assertEquals("200 {HEADER}", post("auth/role/list", "{}"));
        assertEquals(
                "400 {\"code\":9,\"message\":\"etcdserver: root user does not exist\"}", post("auth/enable", "{}"));
        assertEquals(
                "400 {\"code\":9,\"message\":\"etcdserver: authentication is not enabled\"}",
                post("auth/authenticate", "{\"name\":\"a\",\"password\":\"b\"}"));
        assertEquals("400 {\"code\":3,\"message\":\"etcdserver: user name is empty\"}", post("auth/user/add", "{}"));
    }

    @Test
    void healthIsReported() throws Exception {
        ManagedChannel channel = NettyChannelBuilder.forAddress("localhost", gateway.server.port())
                .usePlaintext()
                .build();
        try {
            HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(channel);
            assertEquals(
                    ServingStatus.SERVING,
                    health.check(HealthCheckRequest.getDefaultInstance()).getStatus());
            gateway.service.failure = new ServiceException.Unavailable("no PostgreSQL");
            long deadline = System.nanoTime() + 10_000_000_000L;
            while (health.check(HealthCheckRequest.getDefaultInstance()).getStatus() != ServingStatus.NOT_SERVING) {
                assertTrue(System.nanoTime() < deadline);
                Thread.sleep(20);
            }
        } finally {
            channel.shutdownNow();
        }
    }
}
