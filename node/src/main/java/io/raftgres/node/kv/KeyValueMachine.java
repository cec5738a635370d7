package io.raftgres.node.kv;

import io.raftgres.raft.Entry;
import io.raftgres.raft.Membership;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The replicated state machine: applies log entries in order, each exactly as every other member does. It decides from
 * the entries and the rows alone, never from this machine's clock or memory.
 *
 * <p>Owned by the apply thread.
 */
public final class KeyValueMachine {

    /** Told what each entry did, in order. */
    public interface Listener {
        /** @param answer of a COMMAND entry */
        void applied(Entry entry, Answer answer);

        /** A COMMAND entry that changed nothing. */
        void refused(Entry entry, RefusedRequestException why);

        /** A NOOP or MEMBERSHIP entry. */
        void passed(Entry entry);
    }

    /** An entry and what it asks; null for one that is no command. */
    public record Decoded(Entry entry, RequestCodec.Clocked command) {

        public static Decoded of(Entry entry) {
            return new Decoded(entry, entry.kind() == Entry.Kind.COMMAND ? RequestCodec.decode(entry.data()) : null);
        }

        /** @return whether it needs rows by range, which only PostgreSQL can list */
        public boolean needsScan() {
            return command != null
                    && (hasRange(command.request().success()) || hasRange(command.request().failure()));
        }

        private static boolean hasRange(List<Op> ops) {
            return ops.stream().anyMatch(op -> switch (op) {
                case Op.Put put -> false;
                case Op.Delete delete -> !delete.range().isSingle();
                case Op.Get get -> !get.range().isSingle();
                case Op.Compact compact -> false;
            });
        }
    }

    private final RowCache cache;
    private final RowSource source;
    private final RowHash rowHash = new RowHash();
    private final Tokens tokens = new Tokens();
    private MachineState state;

    public KeyValueMachine(MachineState state, RowCache cache, RowSource source) {
        this.state = state;
        this.cache = cache;
        this.source = source;
    }

    public MachineState state() {
        return state;
    }

    public void loadTokens(byte[] records) {
        tokens.load(records);
    }

    /**
     * Applies a run of entries. One that needs a scan comes alone, and only when PostgreSQL has everything before it.
     *
     * @throws StoreUnavailableException when rows cannot be read; nothing was applied, try again
     */
    public AppliedBatch apply(List<Decoded> run, Listener listener) {
        fetchMissing(run);
        List<Change> changes = new ArrayList<>(run.size());
        List<byte[]> tokenRecords = new ArrayList<>();
        for (Decoded decoded : run) {
            apply(decoded, changes, tokenRecords, listener);
        }
        tokens.expire(state.clockMillis());
        return new AppliedBatch(state.index(), state.term(), state.revision(), state.compactedRevision(), state.hash(),
                state.clockMillis(), changes, concatenate(tokenRecords), state.clockMillis() - Tokens.KEPT_MILLIS,
                lastMembership(run));
    }

    private static Membership lastMembership(List<Decoded> run) {
        for (Decoded decoded : run.reversed()) {
            if (decoded.entry().kind() == Entry.Kind.MEMBERSHIP) {
                return Membership.decode(decoded.entry().data());
            }
        }
        return null;
    }

    private void apply(Decoded decoded, List<Change> changes, List<byte[]> tokenRecords, Listener listener) {
        Entry entry = decoded.entry();
        if (entry.index() != state.index() + 1) {
            throw new IllegalStateException("entry " + entry.index() + " applied after " + state.index());
        }
        if (decoded.command() == null) {
            state = new MachineState(entry.index(), entry.term(), state.revision(), state.compactedRevision(),
                    state.hash(), state.clockMillis());
            listener.passed(entry);
            return;
        }
        Request request = decoded.command().request();
        long clockMillis = Math.max(state.clockMillis(), decoded.command().clockMillis());
        Answer replayed = request.token() == null ? null : tokens.find(request);
        Transaction transaction = new Transaction(state.revision() + 1, entry.index() - 1);
        Answer answer = replayed;
        RefusedRequestException refusal = null;
        if (replayed == null) {
            try {
                answer = transaction.run(request);
            } catch (RefusedRequestException e) {
                refusal = e;
                transaction.changed.clear();
            }
        }
        long hash = state.hash();
        for (Change change : transaction.changed.values()) {
            hash = rowHash.apply(hash, change);
            cache.changed(change.key(), change.after(), entry.index());
            changes.add(change);
        }
        long revision = state.revision() + (transaction.changed.isEmpty() ? 0 : 1);
        state = new MachineState(
                entry.index(), entry.term(), revision, transaction.compactedRevision, hash, clockMillis);
        if (refusal != null) {
            listener.refused(entry, refusal);
            return;
        }
        if (replayed == null && request.token() != null) {
            tokens.add(request, answer, clockMillis, tokenRecords);
        }
        listener.applied(entry, answer);
    }

    /** Brings every key the run names into memory, with one query for all that are not there. */
    private void fetchMissing(List<Decoded> run) {
        Set<Key> missing = new HashSet<>();
        for (Decoded decoded : run) {
            if (decoded.command() != null) {
                Request request = decoded.command().request();
                request.compares().forEach(compare -> addMissing(missing, compare.key()));
                addMissing(missing, request.success());
                addMissing(missing, request.failure());
            }
        }
        if (!missing.isEmpty()) {
            fetch(missing);
        }
    }

    private void addMissing(Set<Key> missing, List<Op> ops) {
        for (Op op : ops) {
            switch (op) {
                case Op.Put put -> addMissing(missing, put.key());
                case Op.Delete delete when delete.range().isSingle() -> addMissing(missing, delete.range().from());
                case Op.Get get when get.range().isSingle() -> addMissing(missing, get.range().from());
                case Op.Delete delete -> {}
                case Op.Get get -> {}
                case Op.Compact compact -> {}
            }
        }
    }

    private void addMissing(Set<Key> missing, Key key) {
        if (cache.find(key) == null) {
            missing.add(key);
        }
    }

    private void fetch(Collection<Key> keys) {
        Map<Key, Row> found = source.get(keys);
        for (Key key : keys) {
            cache.loaded(key, found.get(key), Long.MAX_VALUE);
        }
    }

    private Row current(Key key) {
        RowCache.Slot slot = cache.find(key);
        if (slot == null) {
            fetch(Set.of(key));
            slot = cache.find(key);
        }
        return slot.row();
    }

    private static byte[] concatenate(List<byte[]> records) {
        byte[] all = new byte[records.stream().mapToInt(record -> record.length).sum()];
        int at = 0;
        for (byte[] record : records) {
            System.arraycopy(record, 0, all, at, record.length);
            at += record.length;
        }
        return all;
    }

    /** One request against the rows; its changes become visible only when all of it has run. */
    private final class Transaction {
        private final long revision;
        private final long appliedIndex;
        private final Map<Key, Change> changed = new LinkedHashMap<>(4);
        private long compactedRevision = state.compactedRevision();

        Transaction(long revision, long appliedIndex) {
            this.revision = revision;
            this.appliedIndex = appliedIndex;
        }

        Answer run(Request request) {
            if (request.isAlone() && request.success().getFirst() instanceof Op.Compact compact) {
                return compact(compact.revision());
            }
            boolean succeeded = true;
            for (Compare compare : request.compares()) {
                succeeded &= holds(compare);
            }
            List<Op> branch = succeeded ? request.success() : request.failure();
            List<Op.Result> results = new ArrayList<>(branch.size());
            for (Op op : branch) {
                results.add(switch (op) {
                    case Op.Put put -> put(put);
                    case Op.Delete delete -> delete(delete);
                    case Op.Get get -> get(get);
                    case Op.Compact compact -> throw new RefusedRequestException(
                            "a compaction stands alone in its request, without compares");
                });
            }
            return new Answer(changed.isEmpty() ? revision - 1 : revision, succeeded, results, false);
        }

        /**
         * As etcd has it: what is compacted already, or has not happened yet, is refused; which of them, the answer's
         * numbers tell.
         */
        private Answer compact(long wanted) {
            boolean succeeds = wanted > compactedRevision && wanted <= state.revision();
            compactedRevision = succeeds ? wanted : compactedRevision;
            return new Answer(state.revision(), succeeds, List.of(new Op.Result.Compact(compactedRevision)), false);
        }

        private boolean holds(Compare compare) {
            Row row = current(compare.key());
            int comparison = switch (compare.target()) {
                case VERSION -> Long.compare(row == null ? 0 : row.version(), compare.number());
                case CREATE_REVISION -> Long.compare(row == null ? 0 : row.createRevision(), compare.number());
                case MOD_REVISION -> Long.compare(row == null ? 0 : row.modRevision(), compare.number());
                case LEASE -> Long.compare(row == null ? 0 : row.lease(), compare.number());
                case VALUE -> {
                    if (row == null) {
                        yield Integer.MIN_VALUE;
                    }
                    yield Arrays.compareUnsigned(row.value(), compare.value());
                }
            };
            boolean absentValue = compare.target() == Compare.Target.VALUE && row == null;
            return !absentValue && compare.relation().holds(comparison);
        }

        private Op.Result put(Op.Put put) {
            Row before = current(put.key());
            Row after = before == null
                    ? new Row(put.key(), put.value(), revision, revision, 1, put.lease())
                    : new Row(put.key(), put.value(), before.createRevision(), revision, before.version() + 1,
                            put.lease());
            change(new Change(revision, before, after));
            return new Op.Result.Put(withoutValue(after), put.returnPrevious() ? before : null);
        }

        private Op.Result delete(Op.Delete delete) {
            List<Row> rows = rows(delete.range(), Limits.MAX_DELETED_KEYS + 1);
            if (rows.size() > Limits.MAX_DELETED_KEYS) {
                throw new RefusedRequestException("the range holds more than " + Limits.MAX_DELETED_KEYS
                        + " keys, which is more than one delete may remove: delete smaller ranges");
            }
            rows.forEach(row -> change(new Change(revision, row, null)));
            return new Op.Result.Delete(rows.size(), delete.returnPrevious() ? rows : List.of());
        }

        private Op.Result get(Op.Get get) {
            int limit = get.limit() <= 0 ? Limits.MAX_TXN_ROWS : Math.min(get.limit(), Limits.MAX_TXN_ROWS);
            List<Row> rows = rows(get.range(), limit + 1);
            boolean more = rows.size() > limit;
            List<Row> answered = more ? rows.subList(0, limit) : rows;
            return new Op.Result.Get(
                    get.keysOnly() ? answered.stream().map(KeyValueMachine::withoutValue).toList() : answered, more);
        }

        private void change(Change change) {
            if (changed.put(change.key(), change) != null) {
                throw new RefusedRequestException("key " + change.key() + " is changed twice in one transaction");
            }
        }

        /** @return rows as this transaction sees them, in key order, at most {@code limit} */
        private List<Row> rows(KeyRange range, int limit) {
            if (range.isSingle()) {
                Change own = changed.get(range.from());
                Row row = own != null ? own.after() : current(range.from());
                return row == null ? List.of() : List.of(row);
            }
            TreeMap<Key, Row> merged = new TreeMap<>();
            // As many more as this transaction may hide.
            for (Row row : source.scan(range, limit + changed.size(), appliedIndex)) {
                merged.put(row.key(), row);
            }
            for (Change own : changed.values()) {
                if (range.contains(own.key())) {
                    merged.remove(own.key());
                    if (own.after() != null) {
                        merged.put(own.key(), own.after());
                    }
                }
            }
            return merged.values().stream().limit(limit).toList();
        }
    }

    private static Row withoutValue(Row row) {
        return new Row(row.key(), NOTHING, row.createRevision(), row.modRevision(), row.version(), row.lease());
    }

    private static final byte[] NOTHING = {};
}
