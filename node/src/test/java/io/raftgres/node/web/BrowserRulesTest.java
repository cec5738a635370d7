package io.raftgres.node.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.config.TestConfig;
import io.raftgres.node.rest.MemoryKvService;
import io.raftgres.node.web.BrowserRules.Refusal;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Headers that only browsers set distinguish a page's requests from a program's. */
class BrowserRulesTest {

    private final BrowserRules rules = new BrowserRules(
            List.of("db.example.com", "*.c-peers.ns.svc"),
            List.of("https://console.example.com"),
            () -> List.of("late.example.com"));

    private static void taken(BrowserRules rules, String... hosts) {
        for (String host : hosts) {
            assertNull(rules.judge("GET", host, null, null), host);
        }
    }

    private static void misdirected(BrowserRules rules, String... hosts) {
        for (String host : hosts) {
            for (String method : List.of("GET", "HEAD", "PUT", "POST", "OPTIONS")) {
                Refusal refusal = rules.judge(method, host, null, null);
                assertEquals(BrowserRules.MISDIRECTED, refusal == null ? 0 : refusal.status(), host);
                assertTrue(refusal.detail().contains("raftgres.allowed-hosts"), refusal.detail());
            }
        }
    }

    @Test
    void aRequestNamesThisNode() {
        taken(
                rules,
                null,
                "",
                "localhost",
                "localhost:8081",
                "LocalHost",
                "localhost.:80",
                "127.0.0.1:8081",
                "10.244.0.7:8081",
                "192.168.1.1",
                "[::1]",
                "[fd00::7]:2379",
                "db.example.com",
                "DB.Example.com:8081",
                "db.example.com.",
                "c-0.c-peers.ns.svc:8081",
                "late.example.com:1");
    }

    @Test
    void foreignHostNameIsRefused() {
        misdirected(
                rules,
                "evil.example",
                "evil.example:8081",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "1.2.3.4x",
                "db.example.com.evil.example",
                "xdb.example.com",
                "x.db.example.com",
                "c-peers.ns.svc",
                ":80",
                "a\u0000b",
                "-",
                "0x7f.evil");
        misdirected(BrowserRules.strict(), "db.example.com", "*", "*.x");
    }

    @Test
    void anyNameMayBeAllowed() {
        taken(new BrowserRules(List.of("*"), List.of(), List::of), "evil.example", "x:1");
    }

    /** Node2 is advertised by a name, and so are the others that its cluster knows. */
    @Test
    void advertisedNamesAreTheNodesOwn() {
        try (MemoryKvService service = new MemoryKvService()) {
            BrowserRules node = BrowserRules.of(
                    TestConfig.config(
                            "NAME",
                            "node2",
                            "ALLOWED_HOSTS",
                            "a.example, b.example",
                            "ADVERTISE",
                            "peer2.example:9081@http://client2.example:8081"),
                    service);
            taken(node, "peer2.example:8081", "client2.example:8081", "a.example", "b.example:1");
            misdirected(node, "c.example");
        }
    }

    private static final String OWN = "localhost:8081";

    private int status(String method, String fetchSite, String origin) {
        Refusal refusal = rules.judge(method, OWN, fetchSite, origin);
        return refusal == null ? 200 : refusal.status();
    }

    @Test
    void programsAndItsOwnPagesMayWrite() {
        for (String method : List.of("PUT", "POST", "DELETE", "PATCH")) {
            assertEquals(200, status(method, null, null));
            assertEquals(200, status(method, "same-origin", "http://localhost:8081"));
            assertEquals(200, status(method, "none", null));
            assertEquals(200, status(method, null, "http://localhost:8081"));
            assertEquals(200, status(method, null, "HTTPS://LOCALHOST:8081"));
            assertEquals(200, status(method, null, "https://console.example.com"));
            assertEquals(200, status(method, "cross-site", "https://console.example.com"));
        }
    }

    @Test
    void otherPagesMayOnlyRead() {
        for (String method : List.of("PUT", "POST", "DELETE", "PATCH", "OPTIONS", "BREW")) {
            for (String site : List.of("cross-site", "same-site", "", "Same-Origin ")) {
                assertEquals(403, status(method, site, "http://evil.example"), method + site);
                assertEquals(403, status(method, site, "http://localhost:8081"), method + site);
                assertEquals(403, status(method, site, null), method + site);
            }
            for (String origin : List.of(
                    "null",
                    "",
                    "http://evil.example",
                    "http://localhost:8082",
                    "http://localhost",
                    "https://console.example.com:444",
                    "http://console.example.com",
                    "localhost:8081",
                    "://")) {
                assertEquals(403, status(method, null, origin), method + origin);
            }
        }
        for (String method : List.of("GET", "HEAD")) {
            assertEquals(200, status(method, "cross-site", "http://evil.example"));
            assertEquals(200, status(method, null, "null"));
        }
        Refusal reported = rules.judge("POST", OWN, null, "http://e" + "x".repeat(10_000) + "\n");
        assertTrue(reported.detail().length() < 1_000 && !reported.detail().contains("\n"), reported.detail());
    }
}
