package io.raftgres.operator.plan;

import io.raftgres.operator.model.LogEnd;
import io.raftgres.operator.model.MemberView;
import java.util.List;
import java.util.Optional;

/** A {@link MemberView} whose fields a test changes one by one. */
final class MemberDraft {

    private final String name;
    private final String id;
    boolean voter;
    boolean serving;
    boolean connected;
    long matchIndex;
    long lag;
    List<String> alarms;
    String version;
    Optional<LogEnd> logEnd;

    MemberDraft(MemberView member) {
        name = member.name();
        id = member.id();
        voter = member.voter();
        serving = member.serving();
        connected = member.connected();
        matchIndex = member.matchIndex();
        lag = member.lag();
        alarms = member.alarms();
        version = member.version();
        logEnd = member.logEnd();
    }

    MemberView view() {
        return new MemberView(name, id, voter, serving, connected, matchIndex, lag, alarms, version, logEnd);
    }
}
