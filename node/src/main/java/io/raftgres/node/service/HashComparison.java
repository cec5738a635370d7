package io.raftgres.node.service;

import io.raftgres.node.consensus.Replica;
import io.raftgres.node.kv.MachineState;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/**
 * Compares this member's set hash with those that the others tell, at log indexes that both know. Replicas that applied
 * the same log must have the same hash: one that differs has a defect, of its program, its memory or its PostgreSQL.
 */
final class HashComparison {

    /** @param wrong a majority agrees, and not with this member; @param detail a sentence */
    record Difference(boolean wrong, String detail) {}

    private HashComparison() {}

    /** @param others the reports of members that serve, by name */
    static Optional<Difference> compare(Replica replica, Map<String, NodeReport> others) {
        MachineState state = replica.applier().progress().state();
        int agree = 0;
        int differ = 0;
        String who = null;
        // How many of those that differ agree among themselves, by index and hash.
        Map<String, Integer> groups = new HashMap<>();
        for (Map.Entry<String, NodeReport> other : others.entrySet()) {
            Map<Long, Long> common = common(replica, state, other.getValue());
            if (common.isEmpty()) {
                continue;
            }
            Long different = null;
            for (Map.Entry<Long, Long> each : common.entrySet()) {
                if (!each.getValue().equals(own(replica, state, each.getKey()))) {
                    different = each.getKey();
                    groups.merge(each.getKey() + "/" + each.getValue(), 1, Integer::sum);
                }
            }
            if (different == null) {
                agree++;
            } else {
                differ++;
                who = (who == null ? "" : who + " and ") + other.getKey() + " at index " + different;
            }
        }
        if (differ == 0) {
            return Optional.empty();
        }
        int largest = groups.values().stream().mapToInt(Integer::intValue).max().orElse(0);
        return Optional.of(new Difference(largest > agree + 1, "its hash differs from that of " + who
                + (agree == 0 ? "" : ", and is that of " + agree + " other")));
    }

    /** @return the other's hashes at the indexes for which this member has one too */
    private static Map<Long, Long> common(Replica replica, MachineState state, NodeReport other) {
        Map<Long, Long> common = new HashMap<>();
        other.checkpoints().forEach((index, hash) -> addCommon(common, replica, state, Long.parseLong(index), hash));
        addCommon(common, replica, state, other.hashIndex(), other.hash());
        return common;
    }

    private static void addCommon(Map<Long, Long> common, Replica replica, MachineState state, long index, String hash) {
        if (own(replica, state, index) != null) {
            common.put(index, HexFormat.fromHexDigitsToLong(hash));
        }
    }

    private static Long own(Replica replica, MachineState state, long index) {
        return index == state.index() ? Long.valueOf(state.hash()) : replica.checkpoints().at(index);
    }
}
