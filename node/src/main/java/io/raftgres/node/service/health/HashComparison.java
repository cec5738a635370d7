package io.raftgres.node.service.health;

import io.raftgres.node.consensus.Replica;
import io.raftgres.node.kv.MachineState;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongFunction;

/**
 * Compares this member's set hash with the hashes that other members report, at log indexes that both know. Replicas
 * that applied the same log must have the same hash. A replica that differs has a defect in its program, its memory or
 * its PostgreSQL.
 */
final class HashComparison {

    /**
     * @param wrong a majority agrees on a hash that is not this member's
     * @param detail a sentence
     */
    record Difference(boolean wrong, String detail) {}

    private HashComparison() {}

    static Optional<Difference> compare(Replica replica, Map<String, NodeReport> others) {
        MachineState state = replica.applier().progress().state();
        return compare(
                index -> index == state.index()
                        ? OptionalLong.of(state.hash())
                        : replica.checkpoints().at(index),
                others);
    }

    /**
     * @param own this member's hash at an index, empty where it has none
     * @param others the reports of members that serve, by name
     */
    static Optional<Difference> compare(LongFunction<OptionalLong> own, Map<String, NodeReport> others) {
        int agree = 0;
        String differing = null;
        // Number of differing members that agree with each other, by index and hash.
        Map<String, Integer> groups = new HashMap<>();
        for (Map.Entry<String, NodeReport> other : others.entrySet()) {
            int common = 0;
            long different = -1;
            for (Map.Entry<Long, Long> reported : hashes(other.getValue()).entrySet()) {
                OptionalLong mine = own.apply(reported.getKey());
                if (mine.isPresent()) {
                    common++;
                    if (mine.getAsLong() != reported.getValue()) {
                        different = Math.max(different, reported.getKey());
                        groups.merge(reported.getKey() + "/" + reported.getValue(), 1, Integer::sum);
                    }
                }
            }
            if (different >= 0) {
                differing = (differing == null ? "" : differing + " and ") + other.getKey() + " at index " + different;
            } else if (common > 0) {
                agree++;
            }
        }
        if (differing == null) {
            return Optional.empty();
        }
        int largest = groups.values().stream().mapToInt(Integer::intValue).max().orElse(0);
        return Optional.of(new Difference(
                largest > agree + 1,
                "its hash differs from that of " + differing
                        + (agree == 0 ? "" : ", and is that of " + agree + " other")));
    }

    /** @throws IllegalArgumentException when they are not numbers */
    static Map<Long, Long> hashes(NodeReport report) {
        Map<Long, Long> hashes = new HashMap<>();
        report.checkpoints()
                .forEach((index, hash) -> hashes.put(Long.parseLong(index), HexFormat.fromHexDigitsToLong(hash)));
        hashes.put(report.hashIndex(), HexFormat.fromHexDigitsToLong(report.hash()));
        return hashes;
    }
}
