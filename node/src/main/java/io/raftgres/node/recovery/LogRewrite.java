package io.raftgres.node.recovery;

import io.raftgres.node.log.LogIdentity;
import io.raftgres.node.log.LogOptions;
import io.raftgres.node.log.SegmentedLog;
import io.raftgres.raft.Entry;
import io.raftgres.raft.HardState;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Output;
import io.raftgres.raft.Restored;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Copies the log of one member of a cluster as the log of a new cluster of one: the same entries, and one that makes
 * this member the only voter.
 */
final class LogRewrite {

    private static final int BATCH_BYTES = 4 << 20;

    private LogRewrite() {}

    /** @return term of the last entry */
    static long lastTerm(Restored old) {
        return old.terms().isEmpty() ? old.baseTerm() : old.terms().getLast().term();
    }

    /** @return the latest membership in the log, committed or not */
    static Membership membership(Restored old) {
        return old.memberships().isEmpty()
                ? old.baseMembership()
                : Membership.decode(old.memberships().getLast().data());
    }

    /** @return a term that the old cluster cannot have received from this member */
    static long newTerm(Restored old) {
        return Math.max(old.hardState().term(), lastTerm(old)) + 1;
    }

    /**
     * Writes a complete new log. Durable when this returns.
     *
     * @param target an empty directory, or none
     * @param self the only voter of the new cluster
     */
    static void run(SegmentedLog log, Restored old, Path target, LogIdentity identity, Member self, LogOptions options)
            throws IOException {
        long term = newTerm(old);
        try (SegmentedLog copy = SegmentedLog.create(
                target,
                identity,
                old.baseIndex(),
                old.baseTerm(),
                new HardState(term, Member.NONE),
                old.baseMembership(),
                options)) {
            copy.waitNoMore();
            for (long next = old.baseIndex() + 1; next <= old.lastIndex(); ) {
                List<Entry> entries = log.read(next, old.lastIndex(), BATCH_BYTES);
                if (entries.isEmpty()) {
                    throw new IllegalStateException(
                            "entry " + next + " of a log up to " + old.lastIndex() + " is missing");
                }
                append(copy, entries);
                next += entries.size();
            }
            append(
                    copy,
                    List.of(new Entry(
                            old.lastIndex() + 1,
                            term,
                            Entry.Kind.MEMBERSHIP,
                            alone(membership(old), self).encode())));
        }
    }

    private static void append(SegmentedLog log, List<Entry> entries) throws IOException {
        log.append(List.of(new Output.Append(1, entries, null, List.of())));
    }

    /** No member of the old cluster may return under its old identity, this member included. */
    private static Membership alone(Membership before, Member self) {
        Set<Long> removed = new HashSet<>(before.removed());
        before.members().forEach(member -> removed.add(member.id()));
        return new Membership(List.of(self), removed);
    }
}
