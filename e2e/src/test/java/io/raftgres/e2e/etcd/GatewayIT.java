package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.e2e.Cluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The JSON gateway with curl: the same requests to etcd and to Raftgres get the same statuses and bodies. */
class GatewayIT {

    private static final String PUT = "/v3/kv/put";
    private static final String RANGE = "/v3/kv/range";

    @TempDir
    Path directory;

    /** Path and body. A request without a body is a GET. */
    private static final String[][] REQUESTS = {
        {PUT, "{\"key\":\"Zm9v\",\"value\":\"YmFy\"}"},
        {PUT, "{\"key\":\"Zm9v\",\"value\":\"YmFyMg==\",\"prev_kv\":true}"},
        {PUT, "{\"key\":\"Zm9v\",\"value\":\"YmFyMw==\",\"prevKv\":true,\"unknown\":1}"},
        {PUT, "{\"value\":\"YmFy\"}"},
        {PUT, "{\"key\":\"not base64!\"}"},
        {PUT, "{\"key\":"},
        {PUT, "{\"key\":\"Zm9v\",\"lease\":\"77\"}"},
        {RANGE, "{\"key\":\"Zm9v\"}"},
        {RANGE, "{\"key\":\"Zm8=\",\"range_end\":\"Zm8w\",\"limit\":\"1\",\"sort_order\":\"DESCEND\"}"},
        {RANGE, "{\"key\":\"AA==\",\"range_end\":\"AA==\",\"count_only\":true}"},
        {RANGE, "{\"key\":\"Zm9v\",\"revision\":\"99\"}"},
        {RANGE, "{\"key\":\"Zm9v\",\"revision\":2}"},
        {
            "/v3/kv/txn",
            "{\"compare\":[{\"target\":\"CREATE\",\"key\":\"Zm9v\",\"createRevision\":\"2\"}],"
                    + "\"success\":[{\"requestPut\":{\"key\":\"Zm9v\",\"value\":\"eA==\"}},"
                    + "{\"request_range\":{\"key\":\"Zm9v\"}}]}"
        },
        {"/v3/kv/deleterange", "{\"key\":\"Zm9v\",\"prev_kv\":true}"},
        {"/v3/kv/compaction", "{\"revision\":\"3\"}"},
        {"/v3/kv/compaction", "{\"revision\":\"3\"}"},
        {"/v3/lease/grant", "{\"TTL\":\"500\",\"ID\":\"4242\"}"},
        {"/v3/lease/grant", "{\"TTL\":\"500\",\"ID\":\"4242\"}"},
        {"/v3/lease/timetolive", "{\"ID\":\"1\",\"keys\":true}"},
        {"/v3/kv/lease/timetolive", "{\"ID\":\"1\"}"},
        {"/v3/lease/keepalive", "{\"ID\":\"4242\"}"},
        {"/v3/lease/revoke", "{\"ID\":\"4242\"}"},
        {"/v3/kv/lease/revoke", "{\"ID\":\"4242\"}"},
        {"/v3/lease/leases", "{}"},
        {"/v3/auth/status", "{}"},
        {"/v3/auth/authenticate", "{\"name\":\"a\",\"password\":\"b\"}"},
        {"/v3/maintenance/alarm", "{}"},
        {"/v3/lock/lock", "{\"name\":\"bA==\",\"lease\":\"7\"}"},
        {"/v3/election/leader", "{\"name\":\"ZQ==\"}"},
        {"/v3/kv/nothing", "{}"},
        {"/v3/kv/put", null},
        {"/health", null},
        {"/nothing", null},
    };

    @Test
    void curlPrintsTheSameForBoth() throws Exception {
        List<String> differences = new ArrayList<>();
        try (RealEtcd etcd = RealEtcd.start(directory.resolve("etcd"));
                Cluster cluster = Cluster.start(directory.resolve("raftgres"), 1)) {
            for (String[] request : REQUESTS) {
                String expected = curl(etcd.endpoint(), request[0], request[1], "--max-time", "20");
                String found = curl("127.0.0.1:" + cluster.etcdPort(1), request[0], request[1], "--max-time", "20");
                if (!expected.equals(found)) {
                    differences.add(
                            request[0] + " " + request[1] + "\n  etcd:     " + expected + "\n  raftgres: " + found);
                }
            }
            String watch = "{\"create_request\":{\"key\":\"Zm9v\",\"start_revision\":\"4\",\"prev_kv\":true}}";
            String expected = curl(etcd.endpoint(), "/v3/watch", watch, "--max-time", "5", "-N");
            String found = curl("127.0.0.1:" + cluster.etcdPort(1), "/v3/watch", watch, "--max-time", "5", "-N");
            if (!expected.equals(found)) {
                differences.add("/v3/watch\n  etcd:     " + expected + "\n  raftgres: " + found);
            }
        }
        System.out.println("curl: " + REQUESTS.length + " requests, " + differences.size() + " with another response");
        assertTrue(differences.isEmpty(), () -> String.join("\n", differences));
    }

    /** @return status and body, without the parts that differ between any two systems */
    private String curl(String endpoint, String path, String body, String... options) throws Exception {
        List<String> line = new ArrayList<>(List.of("curl", "-s", "-w", "\n%{http_code} %{content_type}"));
        line.addAll(List.of(options));
        if (body != null) {
            line.addAll(List.of("-d", body));
        }
        line.add("http://" + endpoint + path);
        Path said = directory.resolve("said");
        Process curl = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            assertTrue(curl.waitFor(60, TimeUnit.SECONDS), "curl has not ended");
        } finally {
            curl.destroyForcibly();
        }
        return Files.readString(said)
                // etcd's JSON has random spaces on purpose, and its parsers describe errors differently.
                .replaceAll("(?<=[,:]) (?=[\"{\\[\\w])", "")
                .replaceAll("\"code\":3,\"message\":\"(?!etcdserver)[^\\n]*}", "\"code\":3,\"message\":WORDS}")
                .replaceAll("\"(cluster_id|member_id|raft_term)\":\"\\d+\"", "\"$1\":N")
                .replaceAll("(\"header\":\\{[^}]*\"revision\":)\"\\d+\"", "$1N");
    }
}
