package io.raftgres.operator.model;

import java.util.List;

/**
 * One member as the leader reports it; without a leader, as the nodes report it.
 *
 * @param id 16 hexadecimal digits
 * @param serving it answers, and it is not rebuilding its state
 * @param connected the leader hears from it, or it is the leader; without a leader: it answers the operator
 * @param matchIndex highest index up to which the leader knows that its log matches; without a leader, the last
 *     known index of its own log, 0 when unknown
 * @param lag number of entries by which it is behind the leader; 0 without a leader
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
        String version) {}
