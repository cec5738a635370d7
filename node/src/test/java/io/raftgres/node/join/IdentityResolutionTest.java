package io.raftgres.node.join;

import static io.raftgres.node.config.TestConfig.config;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.raftgres.node.config.Bootstrap;
import io.raftgres.node.config.MemberIdentity;
import io.raftgres.node.log.LogIdentity;
import io.raftgres.node.log.LogOptions;
import io.raftgres.node.log.SegmentedLog;
import io.raftgres.node.tls.NodeTls;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A member whose log was lost joins with a new identity, at whatever moment of that it was killed. */
class IdentityResolutionTest {

    private static final LogIdentity OLD = new LogIdentity(7, 0xa1);
    private static final String TAKEN_IN = "{\"clusterId\":\"0000000000000007\","
            + "\"member\":{\"id\":\"00000000000000a9\","
            + "\"name\":\"node1\",\"voter\":false,\"peerAddress\":\"h:9081\",\"clientAddress\":\"http://h:8081\"},"
            + "\"members\":[]}";

    @TempDir
    Path directory;

    private HttpServer cluster;

    @BeforeEach
    void start() throws Exception {
        cluster = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        cluster.createContext("/", exchange -> {
            byte[] body = TAKEN_IN.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(201, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        cluster.start();
        new MemberIdentity(OLD.clusterId(), OLD.memberId(), "node1").write(directory);
        Membership alone = Membership.of(List.of(new Member(OLD.memberId(), "node1", true, "", "")));
        SegmentedLog.open(directory.resolve("log"), OLD, alone, LogOptions.standard())
                .close();
    }

    @AfterEach
    void stop() {
        cluster.stop(0);
    }

    private Bootstrap settle() throws Exception {
        return IdentityResolution.settle(
                config(
                        "NAME",
                        "node1",
                        "DATA_DIR",
                        directory.toString(),
                        "JOIN",
                        "http://127.0.0.1:" + cluster.getAddress().getPort()),
                NodeTls.off(),
                directory);
    }

    @Test
    void aLogGivesTheMemberItsIdentity() throws Exception {
        assertEquals(OLD.memberId(), settle().self().id());
        new Quarantine("its rows are wrong", 0).write(directory);
        assertEquals(OLD.memberId(), settle().self().id(), "rows alone promise nothing");
    }

    @Test
    void aLogThatWasToBeSetAsideIsSetAside() throws Exception {
        new Quarantine("its log was lost", OLD.memberId()).write(directory);
        assertEquals(0xa9, settle().self().id());
        assertTrue(SegmentedLog.identityOf(directory.resolve("log")).isEmpty());
        assertEquals(0xa9, MemberIdentity.read(directory).orElseThrow().memberId());
    }

    @Test
    void aNewLogIsNotTakenForTheLostOne() throws Exception {
        new Quarantine("its log was lost", 0xa0).write(directory);
        assertEquals(OLD.memberId(), settle().self().id());
    }
}
