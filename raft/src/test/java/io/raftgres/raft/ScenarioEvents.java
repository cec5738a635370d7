package io.raftgres.raft;

import io.raftgres.raft.Message.Envelope;
import io.raftgres.raft.Output.Proposed;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Writes what happens in a {@link Cluster}, one line per event, for the scenarios' files. */
final class ScenarioEvents implements Cluster.Listener {

    private final Predicate<Envelope> lost;
    private final List<String> lines = new ArrayList<>();
    private final Map<Cluster.Node, Long> commits = new HashMap<>();

    /** Leaves out messages and the disk. */
    boolean quiet;

    /** @param lost whether a message will not arrive */
    ScenarioEvents(Predicate<Envelope> lost) {
        this.lost = lost;
    }

    /** @return the lines since the last call */
    List<String> take() {
        List<String> taken = List.copyOf(lines);
        lines.clear();
        return taken;
    }

    void add(String line) {
        lines.add(line);
    }

    private void detail(String line) {
        if (!quiet) {
            add(line);
        }
    }

    @Override
    public void stepped(Cluster.Node node, Output output) {
        long id = node.id();
        proposed(id, output.proposed());
        if (output.roleChange() != null) {
            Output.RoleChange role = output.roleChange();
            String leader = role.leader() == Member.NONE ? "no leader" : "leader " + role.leader();
            add(id + " becomes " + role.role() + " in term " + role.term() + ", " + leader + ": " + role.reason());
        }
        if (output.append() != null) {
            detail(id + " writes " + append(output.append()));
        }
        output.messages().forEach(this::sent);
        output.loads().forEach(load -> detail(id + " reads its log from " + load.from() + " to " + load.to()));
        committed(node, output.committed());
        for (Output.ReadResult read : output.reads()) {
            add(id + " read " + read.id() + (read.failed() ? " fails" : " gets index " + read.index()));
        }
        if (output.snapshotWanted() > 0) {
            add(id + " needs a snapshot at or above " + output.snapshotWanted());
        }
        if (output.lostEntries() != null) {
            add(id + " finds " + output.lostEntries());
        }
    }

    @Override
    public void synced(Cluster.Node node, Output.Append append) {
        detail(node.id() + " synced #" + append.sequence());
        append.afterDurable().forEach(this::sent);
    }

    /** After a start: entries that were committed before count as known. */
    void restarted(Cluster.Node node) {
        commits.put(node, node.core.commitIndex());
    }

    void sent(Envelope envelope) {
        detail(envelope.from() + "->" + envelope.to() + " " + message(envelope.message())
                + (lost.test(envelope) ? " -- lost" : ""));
    }

    private void proposed(long id, Proposed proposed) {
        switch (proposed) {
            case null -> {}
            case Proposed.Accepted accepted when accepted.firstIndex() == 0 -> add(id + " accepts");
            case Proposed.Accepted accepted -> add(id + " accepts at " + accepted.firstIndex() + "/" + accepted.term());
            case Proposed.Refused refused -> add(id + " refuses, " + refused.reason() + ": " + refused.detail());
        }
    }

    private void committed(Cluster.Node node, List<Entry> applied) {
        long commit = node.core.commitIndex();
        boolean advanced = commit > commits.getOrDefault(node, 0L);
        commits.put(node, commit);
        if (advanced || !applied.isEmpty()) {
            add(node.id() + " knows commit " + commit + (applied.isEmpty() ? "" : ", applies " + entries(applied)));
        }
    }

    private static String append(Output.Append append) {
        List<String> parts = new ArrayList<>();
        if (!append.entries().isEmpty()) {
            parts.add(entries(append.entries()));
        }
        if (append.hardState() != null) {
            parts.add("hard state term=" + append.hardState().term() + " votedFor="
                    + append.hardState().votedFor());
        }
        return "#" + append.sequence() + (parts.isEmpty() ? "" : " " + String.join(", ", parts));
    }

    private static String message(Message message) {
        StringBuilder text = new StringBuilder(message.getClass().getSimpleName());
        for (RecordComponent field : message.getClass().getRecordComponents()) {
            text.append(' ').append(field.getName()).append('=').append(value(message, field));
        }
        return text.toString();
    }

    private static Object value(Message message, RecordComponent field) {
        if (message instanceof Message.AppendRequest request && field.getName().equals("entries")) {
            return entries(request.entries());
        }
        try {
            return field.getAccessor().invoke(message);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    static String entries(List<Entry> entries) {
        return entries.stream().map(ScenarioEvents::entry).collect(Collectors.joining(" ", "[", "]"));
    }

    private static String entry(Entry entry) {
        return entry.index() + "/" + entry.term() + ":"
                + switch (entry.kind()) {
                    case NOOP -> "noop";
                    case COMMAND -> new String(entry.data(), StandardCharsets.UTF_8);
                    case MEMBERSHIP -> members(Membership.decode(entry.data()));
                };
    }

    /** @return such as {@code {1 2 3 4?}}: 4 is a learner */
    static String members(Membership membership) {
        return membership.members().stream()
                .map(member -> member.id() + (member.voter() ? "" : "?"))
                .collect(Collectors.joining(" ", "{", "}"));
    }
}
