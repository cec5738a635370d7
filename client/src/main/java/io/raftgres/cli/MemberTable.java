package io.raftgres.cli;

import io.raftgres.client.ClusterStatus.Member;
import java.io.PrintWriter;
import java.util.List;

/** Prints members as a table. */
final class MemberTable {
    private MemberTable() {}

    private static final String[] HEADINGS = {
        "NAME", "ID", "ROLE", "STATE", "MATCH", "LAG", "VERSION", "PEER", "CLIENT", "ALARMS"
    };

    static void print(PrintWriter out, OutputFormat output, List<Member> members) {
        switch (output) {
            case TABLE -> {
                Table table = new Table(out, HEADINGS);
                members.forEach(member -> table.row(cells(member)));
                table.flush();
            }
            case PLAIN -> members.forEach(member -> out.println(tabbed(cells(member))));
            case JSON -> members.forEach(member -> out.println(JsonOutput.line(member)));
        }
    }

    private static Object[] cells(Member member) {
        return new Object[] {
            member.name(),
            member.id(),
            member.role(),
            said(member.state()),
            member.matchIndex(),
            member.lag(),
            said(member.version()),
            said(member.peerAddress()),
            said(member.clientAddress()),
            alarms(member)
        };
    }

    private static String tabbed(Object[] cells) {
        StringBuilder line = new StringBuilder();
        for (Object cell : cells) {
            line.append(line.isEmpty() ? "" : "\t").append(cell);
        }
        return line.toString();
    }

    /** @return the text, or a dash if the node did not report it */
    static String said(String text) {
        return text.isEmpty() ? "-" : text;
    }

    static String alarms(Member member) {
        return said(String.join(",", member.alarms()));
    }
}
