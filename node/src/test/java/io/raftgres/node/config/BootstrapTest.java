package io.raftgres.node.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Member;
import org.junit.jupiter.api.Test;

/** Valid and invalid names and addresses of members. */
class BootstrapTest {

    @Test
    void aMemberHasANameAndTwoAddresses() {
        assertEquals(
                new Member(5, "node-1.a_b", true, "[::1]:9081", "https://db.example:8443"),
                Bootstrap.member(5, "node-1.a_b", true, "[::1]:9081", "https://db.example:8443"));
        refused("name", null, "a:1", "http://a:1");
        refused("name", "two words", "a:1", "http://a:1");
        refused("name", "x".repeat(254), "a:1", "http://a:1");
        refused("peerAddress", "n", null, "http://a:1");
        refused("peerAddress", "n", "a", "http://a:1");
        refused("peerAddress", "n", "a:1,b:2", "http://a:1");
        refused("peerAddress", "n", "a:123456", "http://a:1");
        refused("peerAddress", "n", "a:65536", "http://a:1");
        refused("peerAddress", "n", "a:0", "http://a:1");
        refused("peerAddress", "n", ":1", "http://a:1");
        refused("peerAddress", "n", "a\0:1", "http://a:1");
        refused("peerAddress", "n", "\uD800:1", "http://a:1");
        refused("peerAddress", "n", "^:1", "http://a:1");
        refused("peerAddress", "n", "a".repeat(254) + ":1", "http://a:1");
        refused("clientAddress", "n", "a:1", null);
        refused("clientAddress", "n", "a:1", "ftp://a:1");
        refused("clientAddress", "n", "a:1", "http://a b");
        refused("clientAddress", "n", "a:1", "http://^");
        refused("clientAddress", "n", "a:1", "http://a\0");
        refused("clientAddress", "n", "a:1", "http://\uDC00");
        refused("clientAddress", "n", "a:1", "http://a:65536");
        refused("clientAddress", "n", "a:1", "http://a?b");
        refused("clientAddress", "n", "a:1", "http://a/%");
        refused("clientAddress", "n", "a:1", "http://a/" + "b".repeat(500));
        refused("clientAddress", "n", "a:1", "http://");
    }

    @Test
    void addressesAsTheyAreUsedAreTaken() {
        for (String peer :
                new String[] {"a_b-c.d:65535", "10.0.0.1:1", "[fe80::1%eth0]:9081", "::1:9081", "a".repeat(253) + ":1"
                }) {
            Bootstrap.member(1, "n", false, peer, "http://a");
        }
        for (String client : new String[] {
            "https://db.example", "http://[::1]:1", "http://a_b:8081/under/a~path/", "http://10.0.0.1:65535"
        }) {
            Bootstrap.member(1, "n", false, "a:1", client);
        }
        assertEquals("[::1]", MemberRules.host("https://[::1]:8081/x"));
        assertEquals("a_b", MemberRules.host("http://a_b:8081"));
        assertNull(MemberRules.host("http://^"));
    }

    private static void refused(String what, String name, String peer, String client) {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> Bootstrap.member(1, name, false, peer, client));
        assertTrue(refused.getMessage().startsWith(what), refused.getMessage());
    }
}
