package io.raftgres.node.kv;

import io.raftgres.node.kv.ServiceException.Rejected.Reason;
import io.raftgres.raft.Entry;
import io.raftgres.raft.Membership;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The replicated state machine: applies log entries in order, with the same effect as every other member. Its decisions
 * depend only on the entries and the rows, never on this machine's clock or memory. So an error in a request occurs on
 * every member, and is a refusal. An error in this member's memory or PostgreSQL stops the node.
 *
 * <p>Owned by the apply thread.
 */
public final class KeyValueMachine {

    /** Receives the effect of each entry, in order. */
    public interface Listener {
        /** @param result result of a COMMAND entry */
        void applied(Entry entry, ApplyResult result);

        /** A COMMAND entry that changed nothing. */
        void refused(Entry entry, RefusedRequestException why);

        /** A NOOP or MEMBERSHIP entry. */
        void passed(Entry entry);
    }

    /** An entry with its decoded request; null for an entry that is not a command. */
    public record Decoded(Entry entry, RequestCodec.Clocked command) {

        public static Decoded of(Entry entry) {
            return new Decoded(entry, entry.kind() == Entry.Kind.COMMAND ? RequestCodec.decode(entry.data()) : null);
        }

        /** @return whether it needs rows by range, which only PostgreSQL can list */
        public boolean needsScan() {
            return command != null
                    && (command.request().ops().anyMatch(Decoded::needsScan)
                            || command.request()
                                    .allCompares()
                                    .anyMatch(compare -> !compare.range().isSingle()));
        }

        private static boolean needsScan(Op op) {
            return switch (op) {
                case Op.Put put -> false;
                case Op.Delete delete -> !delete.range().isSingle();
                case Op.Get get -> !get.isPointRead();
                case Op.Txn txn -> false;
                case Op.Alone alone -> alone instanceof Op.Revoke;
            };
        }
    }

    private final RowCache cache;
    private final RowSource source;
    private final RowHash rowHash = new RowHash();
    private final Tokens tokens = new Tokens();
    private final Leases leases;
    private final AuthStore auth;
    private final EntryCheck check;
    private final MissingRows missing;
    private MachineState state;

    public KeyValueMachine(MachineState state, RowCache cache, RowSource source, Leases leases, AuthStore auth) {
        this.auth = auth;
        this.leases = leases;
        this.state = state;
        this.cache = cache;
        this.source = source;
        this.missing = new MissingRows(cache, source);
        this.check = new EntryCheck(auth, leases, this::keysOf);
    }

    public MachineState state() {
        return state;
    }

    public void loadTokens(byte[] records) {
        tokens.load(records);
    }

    /** @return whether the entry, which is the next one, needs rows that only PostgreSQL can list */
    public boolean needsScan(Decoded next) {
        return next.needsScan() || checkNeedsScan(next);
    }

    private boolean checkNeedsScan(Decoded next) {
        return next.command() != null && check.needsScan(next.command().request());
    }

    /** @throws RefusedRequestException there are too many to check them all */
    private List<Key> keysOf(long lease) {
        RowSet rows = new RowSet.OfLeases(List.of(lease));
        List<Key> keys = fromSource(() -> source.outlines(rows, Limits.MAX_DELETED_KEYS + 1, state.index())).stream()
                .map(row -> row.row().key())
                .toList();
        long bytes = keys.stream().mapToLong(Key::length).sum();
        if (keys.size() > Limits.MAX_DELETED_KEYS || bytes > Limits.MAX_RANGE_KEY_BYTES) {
            throw new RefusedRequestException("lease " + lease + " has more than " + Limits.MAX_DELETED_KEYS
                    + " keys, or more than " + Limits.MAX_RANGE_KEY_BYTES
                    + " bytes of keys, which are too many to check the rights of its user: use more leases");
        }
        return keys;
    }

    /**
     * Applies a run of entries. An entry that needs a scan comes alone, and only when PostgreSQL has all earlier ones.
     *
     * @return the effect of the first entries, at least one: as many as have rows that fit into memory, up to one that
     *     turns out to {@link #needsScan}
     * @throws StoreUnavailableException when rows cannot be read; nothing was applied, try again
     */
    public AppliedBatch apply(List<Decoded> all, Listener listener) {
        List<Decoded> run = all.subList(0, missing.fetch(all));
        List<Change> changes = new ArrayList<>(run.size());
        List<byte[]> tokenRecords = new ArrayList<>();
        List<LeaseChange> leaseChanges = new ArrayList<>();
        List<AuthRecord> authRecords = new ArrayList<>();
        int applied = 0;
        // What an entry needs by itself was asked before: it comes alone. The check depends on the entries before it.
        while (applied < run.size() && (applied == 0 || !checkNeedsScan(run.get(applied)))) {
            apply(run.get(applied++), changes, tokenRecords, leaseChanges, authRecords, listener);
        }
        run = run.subList(0, applied);
        return new AppliedBatch(
                state.index(),
                state.term(),
                state.revision(),
                state.compactedRevision(),
                state.hash(),
                state.clockMillis(),
                changes,
                concatenate(tokenRecords),
                state.clockMillis() - Tokens.KEPT_MILLIS,
                lastMembership(run),
                leaseChanges,
                authRecords,
                state.clusterVersion());
    }

    private static Membership lastMembership(List<Decoded> run) {
        for (Decoded decoded : run.reversed()) {
            if (decoded.entry().kind() == Entry.Kind.MEMBERSHIP) {
                return Membership.decode(decoded.entry().data());
            }
        }
        return null;
    }

    private void apply(
            Decoded decoded,
            List<Change> changes,
            List<byte[]> tokenRecords,
            List<LeaseChange> leaseChanges,
            List<AuthRecord> authRecords,
            Listener listener) {
        Entry entry = decoded.entry();
        if (entry.index() != state.index() + 1) {
            throw new IllegalStateException("entry " + entry.index() + " applied after " + state.index());
        }
        if (decoded.command() == null) {
            state = new MachineState(
                    entry.index(),
                    entry.term(),
                    state.revision(),
                    state.compactedRevision(),
                    state.hash(),
                    state.clockMillis(),
                    state.clusterVersion());
            listener.passed(entry);
            return;
        }
        Request request = decoded.command().request();
        long clockMillis = Math.max(state.clockMillis(), decoded.command().clockMillis());
        // Runs at each entry, not once for each run: members apply the same entries in different runs.
        tokens.expire(clockMillis);
        Execution execution = new Execution(entry);
        ApplyResult result = null;
        RefusedRequestException refusal = null;
        try {
            check.require(request);
            result = request.token() == null ? null : tokens.find(request);
            if (result == null) {
                tokens.requireKnown(request, clockMillis);
                result = execution.run(request);
            }
        } catch (StoreUnavailableException e) {
            throw e;
        } catch (OwnFailureException e) {
            throw e.failure;
        } catch (RefusedRequestException e) {
            refusal = e;
            execution = new Execution(entry);
        } catch (RuntimeException e) {
            refusal = RefusedRequestException.defect(e);
            execution = new Execution(entry);
        }
        Collection<Change> changed = execution.transaction.changes();
        long hash = state.hash() - execution.transaction.leftHash();
        for (Change change : changed) {
            hash = change.leftValue() ? hash : rowHash.apply(hash, change);
            if (change.isDelete()) {
                cache.deleted(change.key(), change.revision(), entry.index());
            } else {
                cache.changed(change.key(), change.after(), entry.index());
            }
            changes.add(change);
        }
        for (LeaseChange change : execution.leaseChanges) {
            take(change, request.caller());
            leaseChanges.add(change);
        }
        if (execution.nextAuth != null) {
            auth.applied(execution.authCommand, execution.nextAuth, entry.index());
            authRecords.addAll(execution.authRecords);
        }
        long revision = state.revision() + (changed.isEmpty() ? 0 : 1);
        state = new MachineState(
                entry.index(),
                entry.term(),
                revision,
                execution.compactedRevision,
                hash,
                clockMillis,
                execution.clusterVersion);
        if (refusal != null) {
            listener.refused(entry, refusal);
            return;
        }
        if (!result.replayed() && request.token() != null) {
            tokens.add(request, result, clockMillis, tokenRecords);
        }
        listener.applied(entry, result);
    }

    private void take(LeaseChange change, CallerId caller) {
        if (change.isEnd()) {
            check.ended(change.lease());
            leases.ended(change.lease());
        } else {
            check.granted(change.lease(), caller);
            leases.granted(change.lease(), change.ttlSeconds());
        }
    }

    private Row current(Key key) {
        try {
            RowCache.Slot slot = cache.find(key);
            return slot == null ? source.get(Set.of(key)).get(key) : slot.row();
        } catch (RuntimeException e) {
            throw ofThisMember(e);
        }
    }

    /**
     * A failure of the member's own memory or PostgreSQL is no property of the request: another member may have applied
     * it.
     */
    private static final class OwnFailureException extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final RuntimeException failure;

        OwnFailureException(RuntimeException failure) {
            super(failure);
            this.failure = failure;
        }
    }

    private static RuntimeException ofThisMember(RuntimeException failure) {
        return switch (failure) {
            case StoreUnavailableException unavailable -> unavailable;
            case RefusedRequestException refused -> refused;
            default -> new OwnFailureException(failure);
        };
    }

    private static <T> T fromSource(Supplier<T> read) {
        try {
            return read.get();
        } catch (RuntimeException e) {
            throw ofThisMember(e);
        }
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

    /** Executes one entry's request on the state before it. */
    private final class Execution implements Transaction.View {
        private final Entry entry;
        private final Transaction transaction;
        private final List<LeaseChange> leaseChanges = new ArrayList<>(0);
        private final List<AuthRecord> authRecords = new ArrayList<>(0);
        /** Null: none. */
        private AuthCommand authCommand;

        private AuthState nextAuth;

        private long compactedRevision = state.compactedRevision();
        private int clusterVersion = state.clusterVersion();

        Execution(Entry entry) {
            this.entry = entry;
            this.transaction = new Transaction(
                    this, Limits.MAX_RESPONSE_BYTES, state.clusterVersion() >= ClusterVersion.PUT_THEN_DELETE);
        }

        ApplyResult run(Request request) {
            if (!request.isAlone()) {
                return transaction.run(request);
            }
            return switch (request.success().getFirst()) {
                case Op.Compact compact -> compact(compact.revision());
                case Op.Grant grant -> grant(grant);
                case Op.Revoke revoke -> revoke(revoke);
                case Op.Auth auth -> change(auth.command());
                case Op.Raise raise -> raise(raise.version());
                case Op.Put put -> transaction.run(request);
                case Op.Delete delete -> transaction.run(request);
                case Op.Get get -> transaction.run(request);
                case Op.Txn txn -> transaction.run(request);
            };
        }

        /**
         * Follows etcd: refuses a revision that is already compacted or still in the future; the numbers in the result
         * tell which.
         */
        private ApplyResult compact(long wanted) {
            boolean succeeds = wanted > compactedRevision && wanted <= state.revision();
            compactedRevision = succeeds ? wanted : compactedRevision;
            return result(succeeds, new Op.Result.Compact(compactedRevision));
        }

        private ApplyResult grant(Op.Grant grant) {
            if (grant.lease() == 0 || grant.ttlSeconds() < 1) {
                throw new RefusedRequestException("a lease needs an ID other than 0 and a TTL of at least one second");
            }
            if (leases.exists(grant.lease())) {
                throw new RefusedRequestException(Reason.LEASE_EXISTS, "lease " + grant.lease() + " exists already");
            }
            if (leases.size() >= Limits.MAX_LEASES) {
                throw new RefusedRequestException(
                        "there are " + Limits.MAX_LEASES + " leases, which is the limit: revoke some");
            }
            leaseChanges.add(new LeaseChange(grant.lease(), grant.ttlSeconds()));
            return result(true, new Op.Result.Grant(grant.lease(), grant.ttlSeconds()));
        }

        private ApplyResult revoke(Op.Revoke revoke) {
            if (revoke.term() != 0 && revoke.term() != entry.term()) {
                return result(false, new Op.Result.Revoke(0));
            }
            List<Long> alive =
                    revoke.leases().stream().distinct().filter(leases::exists).toList();
            if (alive.isEmpty() && revoke.term() == 0) {
                throw new RefusedRequestException(Reason.LEASE_NOT_FOUND, "there is no lease " + revoke.leases());
            }
            boolean ended = alive.isEmpty()
                    || transaction.delete(fromSource(() ->
                            source.toDelete(new RowSet.OfLeases(alive), Limits.MAX_DELETED_KEYS + 1, state.index())));
            if (ended) {
                alive.forEach(lease -> leaseChanges.add(new LeaseChange(lease, 0)));
            }
            return result(ended, new Op.Result.Revoke(ended ? alive.size() : 0));
        }

        private ApplyResult change(AuthCommand command) {
            AuthState.Changed changed = auth.state().apply(command);
            authCommand = command;
            nextAuth = changed.state();
            authRecords.addAll(changed.records());
            return result(
                    true,
                    command instanceof AuthCommand.Token ? new Op.Result.Token(entry.index()) : new Op.Result.Auth());
        }

        private ApplyResult raise(int version) {
            clusterVersion = Math.max(clusterVersion, version);
            return result(true, new Op.Result.Raise(clusterVersion));
        }

        private ApplyResult result(boolean succeeded, Op.Result result) {
            long revision = state.revision() + (transaction.changes().isEmpty() ? 0 : 1);
            return new ApplyResult(revision, succeeded, List.of(result), false);
        }

        @Override
        public long revision() {
            return state.revision();
        }

        @Override
        public long compactedRevision() {
            return state.compactedRevision();
        }

        @Override
        public Row current(Key key) {
            return KeyValueMachine.this.current(key);
        }

        @Override
        public Map<Key, Row> rows(Collection<Key> keys) {
            return fromSource(() -> source.get(keys));
        }

        @Override
        public List<Outline> outlines(KeyRange range, int limit) {
            return fromSource(() -> source.outlines(new RowSet.InRange(range), limit, state.index()));
        }

        @Override
        public List<Outline> toDelete(KeyRange range, int limit) {
            return fromSource(() -> source.toDelete(new RowSet.InRange(range), limit, state.index()));
        }

        @Override
        public Op.Result.Get select(KeyRange range, Selection selection, long maxBytes) {
            return fromSource(() -> source.select(range, selection, maxBytes, state.index()));
        }

        @Override
        public boolean holds(Compare compare) {
            return fromSource(() -> source.holds(compare, state.index()));
        }

        @Override
        public boolean leaseExists(long lease) {
            return leases.exists(lease);
        }
    }
}
