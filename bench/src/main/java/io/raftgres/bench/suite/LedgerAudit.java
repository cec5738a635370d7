package io.raftgres.bench.suite;

import io.raftgres.bench.load.Endpoint;
import io.raftgres.bench.load.Exchange;
import io.raftgres.bench.load.LoadGenerator;
import io.raftgres.bench.load.LoadPlan;
import io.raftgres.bench.load.Workload;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Reads every key of a {@link Ledger} from one node, and compares it with the ledger. */
final class LedgerAudit implements Workload {

    private static final int CLIENTS = 16;
    private static final int ROUNDS_MAX = 10;
    private static final int COMPLAINTS_MAX = 20;

    /**
     * @param checked keys that were read
     * @param lost keys whose last acknowledged or seen number is gone: missing, or an older number is there
     * @param wrong keys with a number that was never written, or a value that is not ours
     * @param unread keys for which no response was had
     */
    record Findings(long checked, long lost, long wrong, long unread, List<String> complaints) {}

    private final boolean local;
    private final ArrayDeque<Ledger.Entry> toRead = new ArrayDeque<>();
    private final Ledger.Entry[] reading = new Ledger.Entry[CLIENTS];
    private final List<String> complaints = new ArrayList<>();
    private long checked;
    private long lost;
    private long wrong;

    private LedgerAudit(List<Ledger.Entry> entries, boolean local) {
        this.local = local;
        toRead.addAll(entries);
    }

    static Findings of(Ledger ledger, Endpoint endpoint, boolean local) {
        LedgerAudit audit = new LedgerAudit(ledger.entries(), local);
        for (int round = 0; round < ROUNDS_MAX && !audit.toRead.isEmpty(); round++) {
            LoadPlan plan = LoadPlan.count(List.of(endpoint), CLIENTS, audit.toRead.size());
            new LoadGenerator(plan, audit).run();
        }
        return new Findings(audit.checked, audit.lost, audit.wrong, audit.toRead.size(), audit.complaints);
    }

    @Override
    public List<String> kinds() {
        return List.of("get");
    }

    @Override
    public int requestBytesMax() {
        return 1024;
    }

    @Override
    public int next(int client, Endpoint endpoint, ByteBuffer out) {
        reading[client] = toRead.remove();
        Ledger.get(reading[client].key, local, endpoint, out);
        return 0;
    }

    @Override
    public void done(int client, Exchange exchange) {
        Ledger.Entry entry = reading[client];
        if (exchange.failure() != null || !exchange.isGood()) {
            toRead.add(entry);
            return;
        }
        checked++;
        long number = exchange.status() == 404 ? 0 : Ledger.number(entry.key, exchange.bodyStart());
        if (number < 0 || number > entry.attempted) {
            wrong++;
        } else if (number < entry.floor()) {
            lost++;
        } else {
            return;
        }
        if (complaints.size() < COMPLAINTS_MAX) {
            complaints.add(entry.key + " holds " + number + ", not " + entry.floor() + " to " + entry.attempted);
        }
    }
}
