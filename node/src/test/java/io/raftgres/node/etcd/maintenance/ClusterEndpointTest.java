package io.raftgres.node.etcd.maintenance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.etcd.TestGateway;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.health.ClusterView.MemberView;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The responses are those of etcd 3.7.1 to the same requests. The one member has id a1. */
class ClusterEndpointTest {

    private static final String NOT_FOUND = "404 {\"code\":5,\"message\":\"etcdserver: member not found\"}";
    private static final String BAD_URLS = "400 {\"code\":3,\"message\":\"etcdserver: given member URLs are invalid\"}";
    private static final String URL_EXISTS = "400 {\"code\":9,\"message\":\"etcdserver: Peer URLs already exists\"}";

    private final TestGateway gateway = new TestGateway();

    @AfterEach
    void close() {
        gateway.close();
    }

    private String post(String path, String json) {
        HttpResponse<String> response = gateway.post("/v3/cluster/member/" + path, json);
        return response.statusCode() + " " + response.body();
    }

    private void assertEnds(String end, String response) {
        assertTrue(response.endsWith(end), response);
    }

    @Test
    void membersAreListedAsEtcdHasThem() {
        String list = post("list", "{\"linearizable\":true}");
        assertTrue(
                list.matches("200 \\{\"header\":\\{\"cluster_id\":\"\\d+\",\"member_id\":\"\\d+\","
                        + "\"raft_term\":\"\\d+\"},"
                        + "\"members\":\\[\\{\"ID\":\"161\",\"name\":\"node1\",\"peerURLs\":\\[\"http://localhost:9081\"],"
                        + "\"clientURLs\":\\[\"http://localhost:2379\"]}]}"),
                list);
        assertEquals(list, post("list", ""));
    }

    @Test
    void malformedAddressIsOmitted() {
        assertEquals(
                List.of("http://h_1:2379"),
                EtcdMembers.of(member("http://h_1:8081")).getClientURLsList());
        for (String none : new String[] {"http://^", "http://h\uFFFD", "", "h:1"}) {
            assertEquals(List.of(), EtcdMembers.of(member(none)).getClientURLsList(), none);
        }
    }

    private static MemberView member(String clientAddress) {
        return new MemberView(
                "00000000000000a2",
                "node2",
                "unreachable",
                true,
                "h:1",
                clientAddress,
                7,
                6,
                43,
                42,
                41,
                40,
                5,
                "00000000000000ff",
                40,
                "0.1.0",
                0,
                42,
                0,
                "unreachable",
                List.of(),
                "",
                "");
    }

    @Test
    void withoutAMajorityOnlyASerializableListIsServed() {
        gateway.service.failure = null;
        gateway.service.gate =
                java.util.concurrent.CompletableFuture.failedFuture(new ServiceException.Unavailable("no leader"));
        assertEquals(200, gateway.post("/v3/cluster/member/list", "{}").statusCode());
        assertEquals(
                503,
                gateway.post("/v3/cluster/member/list", "{\"linearizable\":true}")
                        .statusCode());
    }

    @Test
    void aMemberIsAddedWithoutNameAndClientUrl() {
        String added = post("add", "{\"peerURLs\":[\"http://10.0.0.2:2380\"],\"isLearner\":true}");
        assertTrue(
                added.contains(
                        "\"member\":{\"ID\":\"162\",\"peerURLs\":[\"http://10.0.0.2:2380\"]," + "\"isLearner\":true}"),
                added);
        assertEnds("{\"ID\":\"162\",\"peerURLs\":[\"http://10.0.0.2:2380\"],\"isLearner\":true}]}", added);
        assertEquals(URL_EXISTS, post("add", "{\"peerURLs\":[\"http://10.0.0.2:2380\"]}"));
        assertEquals(URL_EXISTS, post("add", "{\"peerURLs\":[\"http://localhost:9081\"]}"));
        assertEquals(
                200,
                gateway.post("/v3/cluster/member/promote", "{\"ID\":\"162\"}").statusCode());
        assertEquals(
                200,
                gateway.post("/v3/cluster/member/remove", "{\"ID\":\"162\"}").statusCode());
        assertEquals(NOT_FOUND, post("remove", "{\"ID\":\"162\"}"));
    }

    @Test
    void malformedUrlsAreRefused() {
        for (String urls : new String[] {
            "",
            "\"peerURLs\":[\"x\"]",
            "\"peerURLs\":[\"\"]",
            "\"peerURLs\":[\"http://host\"]",
            "\"peerURLs\":[\"http://host:80/path\"]",
            "\"peerURLs\":[\"ftp://host:80\"]",
            "\"peerURLs\":[\"http://a:1\",\"http://b:1\"]",
            "\"peerURLs\":[\"http://a b:1\"]",
            "\"peerURLs\":[\"http://u@a:1\"]",
            "\"peerURLs\":[\"http://" + "a".repeat(400) + ":1\"]"
        }) {
            assertEquals(BAD_URLS, post("add", "{" + urls + "}"), urls);
        }
    }

    @Test
    void refusalsAreEtcds() {
        assertEquals(NOT_FOUND, post("remove", ""));
        assertEquals(NOT_FOUND, post("promote", "{\"ID\":33}"));
        assertEquals(NOT_FOUND, post("update", "{\"ID\":\"33\",\"peerURLs\":[\"http://a:1\"]}"));
        assertEquals(
                "400 {\"code\":9,\"message\":\"etcdserver: can only promote a learner member\"}",
                post("promote", "{\"ID\":\"161\"}"));
        assertEquals(
                "500 {\"code\":2,\"message\":\"etcdserver: re-configuration failed due to not enough started"
                        + " members\"}",
                post("remove", "{\"ID\":\"161\"}"));
        assertEquals(
                200,
                gateway.post("/v3/cluster/member/update", "{\"ID\":\"161\",\"peerURLs\":[\"http://elsewhere:9081\"]}")
                        .statusCode());
    }
}
