package io.raftgres.operator.model;

import java.util.List;
import java.util.Optional;

/**
 * One member as the leader reports it; without a leader, as the nodes report it.
 *
 * @param id 16 hexadecimal digits
 * @param serving it answers, and it is not rebuilding its state
 * @param connected the leader hears from it, or it is the leader; without a leader: it answers the operator
 * @param matchIndex highest index up to which the leader knows that its log matches; without a leader, the highest
 *     index that the member knows to be committed, 0 when unknown. Its log may have many more entries
 * @param lag number of entries by which it is behind the leader; 0 without a leader
 * @param logEnd without a leader, the end of its log as it reports it; empty when it does not answer, or its release
 *     does not report this
 */
public record MemberView(
        String name,
        String id,
        boolean voter,
        boolean serving,
        boolean connected,
        long matchIndex,
        long lag,
        List<String> alarms,
        String version,
        Optional<LogEnd> logEnd) {

    public MemberView(
            String name,
            String id,
            boolean voter,
            boolean serving,
            boolean connected,
            long matchIndex,
            long lag,
            List<String> alarms,
            String version) {
        this(name, id, voter, serving, connected, matchIndex, lag, alarms, version, Optional.empty());
    }
}
