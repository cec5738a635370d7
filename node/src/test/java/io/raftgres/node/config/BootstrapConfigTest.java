package io.raftgres.node.config;

import static io.raftgres.node.config.TestConfig.config;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Member;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The identity of a member without data, and the first members, from the environment of a pod. */
class BootstrapConfigTest {

    private static final String A = "c-0.c-peers.ns.svc:9081@http://c-0.c-peers.ns.svc:8081";
    private static final String B = "c-1.c-peers.ns.svc:9081@http://c-1.c-peers.ns.svc:8081";
    private static final String THREE = "c-0=" + A + ",c-1=" + B + ",c-2=h:1@http://h:2";

    @Test
    void withoutOptionsASingleMemberStartsACluster() {
        Bootstrap alone = Bootstrap.ofNewCluster(config());
        assertEquals("127.0.0.1:9081", alone.self().peerAddress());
        assertEquals("http://127.0.0.1:8081", alone.self().clientAddress());
        assertEquals(1, alone.membership().members().size());
        assertFalse(Bootstrap.joins(config()));
        assertEquals(List.of(), Bootstrap.others(config()));
    }

    @Test
    void blankOptionCountsAsAbsent() {
        for (String blank : List.of("", " ", "\t", " , ")) {
            NodeConfig config = config(
                    "PEERS",
                    blank,
                    "JOIN",
                    blank,
                    "ADVERTISE",
                    blank.replace(",", ""),
                    "PEER_LISTEN",
                    "",
                    "RECOVER",
                    "",
                    "POSTGRES_URL",
                    "");
            assertEquals(Bootstrap.ofNewCluster(config()), Bootstrap.ofNewCluster(config), "'" + blank + "'");
            assertFalse(Bootstrap.joins(config));
            assertTrue(config.peerListen().isEmpty()
                    && config.recover().isEmpty()
                    && config.postgres().url().isEmpty());
        }
    }

    @Test
    void theLogIsWithTheDataUnlessItHasADirectoryOfItsOwn() {
        assertEquals(Path.of("/d/log"), NodeConfig.logDirectory(config("DATA_DIR", "/d")));
        assertEquals(Path.of("/d/log"), NodeConfig.logDirectory(config("DATA_DIR", "/d", "LOG_DIR", "")));
        assertEquals(Path.of("/l/log"), NodeConfig.logDirectory(config("DATA_DIR", "/d", "LOG_DIR", "/l/x/../log")));
    }

    @Test
    void aMemberThatPeersNameIsAFirstOneWhateverJoinSays() {
        NodeConfig config = config("NAME", "c-1", "ADVERTISE", B, "PEERS", THREE, "JOIN", "http://c.ns.svc:8081");
        assertFalse(Bootstrap.joins(config));
        Bootstrap bootstrap = Bootstrap.ofNewCluster(config);
        assertEquals("c-1.c-peers.ns.svc:9081", bootstrap.self().peerAddress());
        assertEquals(3, bootstrap.membership().members().size());
        assertEquals(
                bootstrap.self(),
                bootstrap.membership().member(bootstrap.self().id()).orElseThrow());
        assertEquals(List.of("http://c-0.c-peers.ns.svc:8081", "http://h:2"), Bootstrap.others(config));
    }

    @Test
    void theSameMemberHasTheSameIdentityWithAdvertiseAndWithout() {
        assertEquals(
                Bootstrap.ofNewCluster(config("NAME", "c-1", "PEERS", THREE)),
                Bootstrap.ofNewCluster(config("NAME", "c-1", "PEERS", THREE, "ADVERTISE", " " + B + " ")));
    }

    @Test
    void aMemberThatPeersDoNotNameJoins() {
        for (String peers : List.of("", THREE)) {
            NodeConfig config = config(
                    "NAME",
                    "c-7",
                    "ADVERTISE",
                    "me:9081@http://me:8081",
                    "PEERS",
                    peers,
                    "JOIN",
                    "http://c.ns.svc:8081");
            assertTrue(Bootstrap.joins(config));
            assertEquals(List.of("http://c.ns.svc:8081"), Bootstrap.join(config));
            Member own = Bootstrap.own(config);
            assertEquals(
                    "c-7 me:9081 http://me:8081", own.name() + " " + own.peerAddress() + " " + own.clientAddress());
        }
    }

    @Test
    void withoutAdvertiseTheJoinOptionDecides() {
        NodeConfig config = config("NAME", "c-0", "PEERS", "c-0=" + A, "JOIN", "http://x:1");
        assertTrue(Bootstrap.joins(config));
        assertEquals("c-0.c-peers.ns.svc:9081", Bootstrap.own(config).peerAddress());
    }

    @Test
    void inconsistentOptionsAreRefusedWithASentence() {
        refused("which is missing in raftgres.peers", config("NAME", "c-9", "PEERS", THREE));
        refused("set raftgres.join to its URL", config("NAME", "c-9", "ADVERTISE", A, "PEERS", THREE));
        refused("set raftgres.join to its URL", config("NAME", "c-9", "ADVERTISE", A));
        refused(
                "raftgres.advertise: 'nonsense' is not host:port@clientUrl",
                config("NAME", "c-0", "PEERS", THREE, "ADVERTISE", "nonsense"));
        refused(
                "peerAddress 'host' is not valid",
                config("NAME", "c-0", "PEERS", THREE, "ADVERTISE", "host@http://h:1"));
        refused(
                "raftgres.peers has c-0.c-peers.ns.svc:9081@http://c-0.c-peers.ns.svc:8081 for c-0",
                config("NAME", "c-0", "PEERS", THREE, "ADVERTISE", B));
    }

    private static void refused(String sentence, NodeConfig config) {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> Bootstrap.ofNewCluster(config));
        assertTrue(refused.getMessage().contains(sentence), refused.getMessage());
    }
}
