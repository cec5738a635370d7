package io.raftgres.raft;

import io.raftgres.raft.Message.Envelope;
import io.raftgres.raft.Output.Load;
import io.raftgres.raft.Output.LostEntries;
import io.raftgres.raft.Output.Proposed;
import io.raftgres.raft.Output.ReadResult;
import io.raftgres.raft.Output.RoleChange;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Collects the output of one step. */
final class Outbox {
    private final long self;
    private final Rules rules;
    private HardState stored;
    private List<Envelope> messages = new ArrayList<>();
    private List<Envelope> afterDurable = new ArrayList<>();
    private List<Entry> entries = List.of();
    private List<Entry> committed = List.of();
    private List<ReadResult> reads = new ArrayList<>();
    private List<Load> loads = new ArrayList<>();
    private Proposed proposed;
    private boolean appendWanted;
    private long snapshotWanted;
    private LostEntries lostEntries;

    Outbox(long self, Rules rules, HardState stored) {
        this.self = self;
        this.rules = rules;
        this.stored = stored;
    }

    /** Sends the message now, or after this step's append is durable when the rules require that. */
    void send(long to, Message message) {
        (rules.mustBeDurableFirst(message) ? afterDurable : messages).add(new Envelope(self, to, message));
    }

    /** Called at most once in a step. */
    void append(List<Entry> appended) {
        if (!entries.isEmpty()) {
            throw new IllegalStateException(
                    "two appends in one step, from " + entries.getFirst().index() + " and from "
                            + appended.getFirst().index());
        }
        entries = appended;
    }

    /** Requests an append even without entries, to learn when all appends before it are durable. */
    void wantAppend() {
        appendWanted = true;
    }

    void commit(List<Entry> more) {
        if (committed.isEmpty()) {
            committed = more;
            return;
        }
        List<Entry> both = new ArrayList<>(committed.size() + more.size());
        both.addAll(committed);
        both.addAll(more);
        committed = Collections.unmodifiableList(both);
    }

    void read(long id, long index) {
        reads.add(new ReadResult(id, index));
    }

    void load(Load load) {
        loads.add(load);
    }

    /** @param index the member needs a state at or above this index */
    void wantSnapshot(long index) {
        snapshotWanted = index;
    }

    void lost(LostEntries lost) {
        lostEntries = lost;
    }

    void propose(Proposed response) {
        proposed = response;
    }

    /** @return the collected output; the next step begins with an empty one */
    Output take(HardState current, RaftLog log, long nowTicks, RoleChange roleChange) {
        Output.Append append = null;
        HardState toStore = rules.toStore(stored, current);
        if (toStore != null) {
            stored = toStore;
        }
        boolean promises = !afterDurable.isEmpty() && !log.allDurable();
        if (appendWanted || promises || toStore != null || !entries.isEmpty()) {
            append = new Output.Append(log.issue(nowTicks), entries, toStore, frozen(afterDurable));
        } else {
            // The state that these messages promise is on disk already.
            messages.addAll(afterDurable);
        }
        Output output = new Output(
                frozen(messages),
                append,
                committed,
                frozen(reads),
                frozen(loads),
                proposed,
                roleChange,
                snapshotWanted,
                lostEntries);
        messages = renewed(messages);
        afterDurable = renewed(afterDurable);
        reads = renewed(reads);
        loads = renewed(loads);
        entries = List.of();
        committed = List.of();
        proposed = null;
        appendWanted = false;
        snapshotWanted = 0;
        lostEntries = null;
        return output;
    }

    private static <T> List<T> frozen(List<T> list) {
        return list.isEmpty() ? List.of() : Collections.unmodifiableList(list);
    }

    private static <T> List<T> renewed(List<T> list) {
        return list.isEmpty() ? list : new ArrayList<>();
    }
}
