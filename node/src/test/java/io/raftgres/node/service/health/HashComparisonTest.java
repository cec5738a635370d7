package io.raftgres.node.service.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

/** A member's state is wrong if a majority disagrees with it. Without a majority no member is wrong. */
class HashComparisonTest {

    private static final LongFunction<OptionalLong> OWN =
            index -> index == 1_000 || index == 2_000 ? OptionalLong.of(7 * index) : OptionalLong.empty();

    private static NodeReport report(Map<Long, Long> hashes) {
        Map<String, String> checkpoints = new HashMap<>();
        hashes.forEach((index, hash) -> checkpoints.put("" + index, StatusBroadcast.hex(hash)));
        return new NodeReport(
                "follower",
                1,
                1,
                1,
                5,
                5,
                1,
                0,
                StatusBroadcast.hex(1),
                5,
                "v",
                "serving",
                List.of(),
                checkpoints,
                Map.of(),
                "",
                "",
                0,
                1,
                false);
    }

    private static Optional<HashComparison.Difference> compare(NodeReport... others) {
        Map<String, NodeReport> named = new HashMap<>();
        for (int i = 0; i < others.length; i++) {
            named.put("node" + (i + 2), others[i]);
        }
        return HashComparison.compare(OWN, named);
    }

    @Test
    void equalHashesAtCommonIndexesAreNoDifference() {
        assertEquals(Optional.empty(), compare());
        assertEquals(Optional.empty(), compare(report(Map.of(3_000L, 1L))));
        assertEquals(
                Optional.empty(), compare(report(Map.of(1_000L, 7_000L)), report(Map.of(2_000L, 14_000L, 3_000L, 1L))));
        // Large ones too: compared by value.
        assertEquals(
                Optional.empty(),
                HashComparison.compare(
                        index -> OptionalLong.of(Long.MIN_VALUE + index),
                        Map.of("node2", report(Map.of(1_000L, Long.MIN_VALUE + 1_000))).entrySet().stream()
                                .collect(
                                        HashMap::new,
                                        (m, e) -> m.put(e.getKey(), withoutIndex(e.getValue())),
                                        HashMap::putAll)));
    }

    private static NodeReport withoutIndex(NodeReport report) {
        return new NodeReport(
                "follower",
                1,
                1,
                1,
                5,
                5,
                1,
                0,
                StatusBroadcast.hex(Long.MIN_VALUE + 5),
                5,
                "v",
                "serving",
                List.of(),
                report.checkpoints(),
                Map.of(),
                "",
                "",
                0,
                1,
                false);
    }

    @Test
    void aMajorityThatAgreesIsRight() {
        NodeReport other = report(Map.of(2_000L, 99L));
        assertTrue(compare(other, other).orElseThrow().wrong());
        NodeReport same = report(Map.of(2_000L, 14_000L));
        assertTrue(compare(other, other, other, same).orElseThrow().wrong());
    }

    @Test
    void withoutAMajorityNoMemberIsKnownToBeWrong() {
        NodeReport other = report(Map.of(2_000L, 99L));
        NodeReport third = report(Map.of(2_000L, 100L));
        NodeReport same = report(Map.of(2_000L, 14_000L));
        assertFalse(compare(other).orElseThrow().wrong());
        assertFalse(compare(other, third).orElseThrow().wrong());
        assertFalse(compare(other, same).orElseThrow().wrong());
        assertTrue(compare(other, same).orElseThrow().detail().contains("node2 at index 2000"));
    }
}
