package io.raftgres.node.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Member;
import org.junit.jupiter.api.Test;

/** Names and addresses that members may have. */
class BootstrapTest {

    @Test
    void aMemberHasANameAndTwoAddresses() {
        assertEquals(new Member(5, "node-1.a_b", true, "[::1]:9081", "https://db.example:8443"),
                Bootstrap.member(5, "node-1.a_b", true, "[::1]:9081", "https://db.example:8443"));
        refused("name", null, "a:1", "http://a:1");
        refused("name", "two words", "a:1", "http://a:1");
        refused("name", "x".repeat(254), "a:1", "http://a:1");
        refused("peerAddress", "n", null, "http://a:1");
        refused("peerAddress", "n", "a", "http://a:1");
        refused("peerAddress", "n", "a:1,b:2", "http://a:1");
        refused("peerAddress", "n", "a:123456", "http://a:1");
        refused("clientAddress", "n", "a:1", null);
        refused("clientAddress", "n", "a:1", "ftp://a:1");
        refused("clientAddress", "n", "a:1", "http://a b");
    }

    private static void refused(String what, String name, String peer, String client) {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class,
                () -> Bootstrap.member(1, name, false, peer, client));
        assertTrue(refused.getMessage().startsWith(what), refused.getMessage());
    }
}
