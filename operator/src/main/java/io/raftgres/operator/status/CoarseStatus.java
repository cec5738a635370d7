package io.raftgres.operator.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus;
import io.raftgres.operator.guard.Electorate;
import java.util.List;

/**
 * Compares statuses as people read them. With each write of a client the indexes of all members change; a status that
 * followed them would be written permanently. Without a leader they decide which member to recover, so every change
 * counts.
 */
final class CoarseStatus {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> INDEXES = List.of("matchIndex", "lastTerm", "lastIndex");

    private CoarseStatus() {}

    /** @param before may be null */
    static boolean isSame(RaftClusterStatus before, RaftClusterStatus now) {
        return before != null && coarse(before).equals(coarse(now));
    }

    private static JsonNode coarse(RaftClusterStatus status) {
        JsonNode tree = JSON.valueToTree(status);
        if (status.leader() != null) {
            for (JsonNode member : tree.path("members")) {
                ((ObjectNode) member)
                        .remove(INDEXES)
                        .put("lag", magnitude(member.path("lag").asLong()));
            }
        }
        return tree;
    }

    /** @return 0 while the member counts as up to date; then it grows by one each time the lag doubles */
    private static int magnitude(long lag) {
        return Long.SIZE - Long.numberOfLeadingZeros(Math.max(0, lag) / (Electorate.LAG_MAX + 1));
    }
}
