package io.raftgres.sim;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.sim.BrokenVariants.Variant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The checks find every broken variant, and the expected invariant is the one that fails. A checker that never finds a
 * defect proves nothing.
 */
class BrokenVariantsTest {
    private static final int SEEDS_MAX = 1500;
    private static final List<String> TABLE = new ArrayList<>();

    static List<Variant> variants() {
        return BrokenVariants.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("variants")
    void brokenVariantIsCaught(Variant variant) throws InterruptedException {
        Campaign campaign = new Campaign(1, SEEDS_MAX, variant.rules(), variant.sabotage());
        Campaign.Failure failure = campaign.run(Runtime.getRuntime().availableProcessors());
        assertNotNull(failure, () -> "not caught in " + SEEDS_MAX + " seeds: " + variant.name());
        Violation violation = failure.violation();
        TABLE.add(String.format("%-60s %4d seeds  %s", variant.name(), failure.seed(), violation.invariant()));
        assertTrue(
                variant.expected().contains(violation.invariant()),
                () -> variant.name() + ", seed " + failure.seed() + ": " + violation.invariant() + ": "
                        + violation.getMessage());
    }

    @AfterAll
    static void printTable() {
        System.out.println(TABLE.size() + " broken variants, the seed that caught each, and by which invariant:");
        TABLE.forEach(System.out::println);
    }
}
