package io.raftgres.operator.condition;

import io.raftgres.operator.model.LogEnd;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RaftView;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * Ranks the members that answer after the quorum is lost. Members with whole data come first. Among them the order is
 * that of Raft's election rule: last term, then last index. The commit index does not count: a member may have entries
 * that a majority acknowledged, without knowing yet that they are committed.
 */
final class Survivors {

    private final Observed seen;
    private final List<MemberView> ranked;

    /** Whether each survivor reports the end of its log; otherwise only committed entries can be compared. */
    private final boolean known;

    Survivors(Observed seen, RaftView raft) {
        this.seen = seen;
        List<MemberView> answering =
                raft.members().stream().filter(MemberView::connected).toList();
        this.known = answering.stream()
                .allMatch(member ->
                        member.logEnd().isPresent() || flaw(seen, member).isPresent());
        this.ranked = answering.stream()
                .sorted(Comparator.comparing(
                                (MemberView member) -> flaw(seen, member).isPresent())
                        .thenComparing(this::progress, Comparator.reverseOrder())
                        .thenComparing(MemberView::name))
                .toList();
    }

    private LogEnd progress(MemberView member) {
        LogEnd committed = new LogEnd(0, member.matchIndex());
        return known ? member.logEnd().orElse(committed) : committed;
    }

    /** The members that answer, the best first, each with the end of its log, and why its data should not be used. */
    String list() {
        return ranked.stream().map(this::described).collect(Collectors.joining(", "));
    }

    private String described(MemberView member) {
        String end = member.logEnd()
                .map(it -> "last term " + it.term() + ", last entry " + it.index())
                .orElse("at least entry " + member.matchIndex() + "; its release does not report the end of its log");
        return member.name() + " (" + (member.voter() ? "" : "learner; ") + end
                + flaw(seen, member).map(why -> "; not recommended: " + why).orElse("") + ")";
    }

    /** @return the member whose data should become the new cluster; empty when none has whole data */
    Optional<MemberView> best() {
        return ranked.stream().filter(member -> flaw(seen, member).isEmpty()).findFirst();
    }

    /** @return why the order may be wrong, and how to compare; empty when each member reports the end of its log */
    String doubt() {
        return known
                ? ""
                : ". The order is by committed entries only: before you choose, compare raftgres_raft_last_index in the"
                        + " metrics of each member (port 8081, path /q/metrics)";
    }

    /** @return why the member's data should not become the new cluster; empty when it is whole */
    private static Optional<String> flaw(Observed seen, MemberView member) {
        if (member.alarms().contains("unvouched")) {
            return Optional.of("it has no data yet");
        }
        if (!member.serving()) {
            return Optional.of("it is rebuilding its data from other members");
        }
        if (member.alarms().contains("corrupt")) {
            return Optional.of("its rows are corrupt");
        }
        OptionalInt ordinal = seen.names().ordinal(member.name());
        boolean goes = seen.claims().stream()
                .anyMatch(claim ->
                        claim.terminating() && OptionalInt.of(claim.ordinal()).equals(ordinal));
        return goes ? Optional.of("its claim was deleted, and goes when its pod stops") : Optional.empty();
    }
}
