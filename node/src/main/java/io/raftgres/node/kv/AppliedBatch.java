package io.raftgres.node.kv;

import io.raftgres.raft.Membership;
import java.util.List;

/**
 * The changes of a run of applied log entries; they go to PostgreSQL in one transaction.
 *
 * @param index last log index of the run; @param term its term
 * @param revision the store's revision after it (1: empty)
 * @param compactedRevision reads below are refused; 0: nothing compacted
 * @param hash set hash of all live rows after it: {@link RowHash}
 * @param clockMillis the log's time after it, carried in the entries: not a date, never decreasing
 * @param changes in log order; one key may appear many times
 * @param tokens idempotency tokens of the run, encoded by the state machine; empty when there are none
 * @param tokensExpiredMillis token rows with a lower clock may be deleted
 * @param membership after it, when the run changed it; otherwise null
 * @param leases granted and ended ones, in log order
 * @param auth changed users and roles, in log order
 * @param clusterVersion after it: {@link ClusterVersion}
 */
public record AppliedBatch(
        long index,
        long term,
        long revision,
        long compactedRevision,
        long hash,
        long clockMillis,
        List<Change> changes,
        byte[] tokens,
        long tokensExpiredMillis,
        Membership membership,
        List<LeaseChange> leases,
        List<AuthRecord> auth,
        int clusterVersion) {}
