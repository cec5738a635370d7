package io.raftgres.node.recovery;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** The report at the end of a recovery. */
final class RecoveryReport {

    private RecoveryReport() {}

    /** @param oldLog path of the old log; @return lines */
    static List<String> of(RecoveryPlan plan, Path oldLog) {
        List<String> lines = new ArrayList<>();
        lines.add("A NEW CLUSTER WAS MADE OF THIS MEMBER ALONE.");
        lines.add("");
        lines.add("  member            " + plan.name());
        lines.add("  old cluster       " + hex(plan.from().clusterId()) + ", member "
                + hex(plan.from().memberId()));
        lines.add("  new cluster       " + hex(plan.to().clusterId()) + ", member "
                + hex(plan.to().memberId()));
        lines.add("  its log           entries " + plan.firstIndex() + " to " + plan.lastIndex() + ", the last of term "
                + plan.lastTerm());
        lines.add("  known committed   up to entry " + plan.appliedIndex());
        long unknown = plan.lastIndex() - plan.appliedIndex();
        lines.add("  of unknown fate   "
                + (unknown == 0
                        ? "none"
                        : unknown == 1 ? "1 entry, which is kept" : unknown + " entries, which are kept"));
        lines.add("");
        lines.add("WHAT MAY BE LOST");
        lines.add("  Acknowledged writes that only the lost members had: this member cannot know of them.");
        lines.add("  If another old member's log ends with a higher term than " + plan.lastTerm()
                + ", or with that term and a higher entry");
        lines.add("  than " + plan.lastIndex()
                + ", it has more entries: then do not start this node, but recover that member.");
        if (unknown > 0) {
            lines.add("  The entries above " + plan.appliedIndex()
                    + " are in force now. Some of them may never have been acknowledged:");
            lines.add("  their clients got the response that the outcome is unknown.");
        }
        lines.add("");
        lines.add("WHAT TO DO NEXT");
        lines.add("  1. Make sure that no member of the old cluster runs, or ever starts again on its old data:");
        plan.lost().forEach(member -> lines.add("       " + member));
        if (plan.lost().isEmpty()) {
            lines.add("       (there was no other)");
        }
        lines.add("  2. Start this node. It serves as a cluster of one.");
        lines.add(
                "  3. Remove the others' data directories, and start each with RAFTGRES_JOIN set to this node's client");
        lines.add(
                "     URL: they join as new learners and become voters. Until then, a failure of this node is an outage.");
        lines.add("  4. When the cluster is healthy, remove the old log: " + oldLog);
        return lines;
    }

    private static String hex(long id) {
        return HexFormat.of().toHexDigits(id);
    }
}
