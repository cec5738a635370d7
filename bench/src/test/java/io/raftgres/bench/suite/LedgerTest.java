package io.raftgres.bench.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.bench.load.Endpoint;
import io.raftgres.bench.load.LoadGenerator;
import io.raftgres.bench.load.LoadPlan;
import io.raftgres.bench.load.LoadResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The ledger finds a cluster that loses writes, and one with stale reads. A checker that never finds a defect proves
 * nothing.
 */
class LedgerTest {

    @Test
    void aCorrectClusterHasNoFindings() throws IOException {
        try (FakeCluster cluster = new FakeCluster()) {
            Ledger ledger = load(cluster);
            assertTrue(ledger.acknowledgedWrites() > 500);
            assertTrue(ledger.checkedReads() > 500);
            assertEquals(0, ledger.staleReads(), ledger.complaints().toString());
            for (int node = 0; node < 3; node++) {
                LedgerAudit.Findings findings = audit(ledger, cluster, node);
                assertEquals(ledger.entries().size(), findings.checked());
                assertEquals(0, findings.lost() + findings.wrong() + findings.unread(), findings.toString());
            }
        }
    }

    @Test
    void aLostWriteIsFound() throws IOException {
        try (FakeCluster cluster = new FakeCluster()) {
            cluster.losesEvery = 50;
            Ledger ledger = load(cluster);
            LedgerAudit.Findings findings = audit(ledger, cluster, 1);
            assertTrue(findings.lost() > 0, "lost writes go unnoticed");
            assertFalse(findings.complaints().isEmpty());
        }
    }

    @Test
    void aStaleReadIsFound() throws IOException {
        try (FakeCluster cluster = new FakeCluster()) {
            cluster.staleEvery = 20;
            Ledger ledger = load(cluster);
            assertTrue(ledger.staleReads() > 0, "stale reads go unnoticed");
            assertEquals(0, audit(ledger, cluster, 0).wrong());
        }
    }

    @Test
    void valuesAreDistinguishable() {
        byte[] value = Ledger.value("ledger-x-1", 42);
        assertEquals(Ledger.VALUE_BYTES, value.length);
        assertEquals(42, Ledger.number("ledger-x-1", value));
        assertEquals(-1, Ledger.number("ledger-x-11", value), "another key's");
        assertEquals(-1, Ledger.number("ledger-x-1", "nonsense".getBytes(StandardCharsets.US_ASCII)));
    }

    private static Ledger load(FakeCluster cluster) {
        Ledger ledger = new Ledger("t", 20, 1);
        List<Endpoint> endpoints = List.of(endpoint(cluster, 0), endpoint(cluster, 1), endpoint(cluster, 2));
        LoadResult result = new LoadGenerator(LoadPlan.count(endpoints, 20, 3000), ledger).run();
        assertEquals(0, result.failed(), result.outcomes().toString());
        return ledger;
    }

    private static LedgerAudit.Findings audit(Ledger ledger, FakeCluster cluster, int node) {
        return LedgerAudit.of(ledger, endpoint(cluster, node), true);
    }

    private static Endpoint endpoint(FakeCluster cluster, int node) {
        return new Endpoint("127.0.0.1", cluster.port(node));
    }
}
