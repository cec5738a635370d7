package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.operator.plan.BrokenPlanners.Broken;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A walk that finds nothing proves nothing: each broken planner has to be caught, and by the promise that it breaks.
 */
class BrokenPlannersTest {

    private static final int SEEDS_MAX = 500;
    private static final List<String> TABLE = new ArrayList<>();

    static List<Broken> planners() {
        return BrokenPlanners.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("planners")
    void isCaught(Broken broken) {
        Violation violation = null;
        int seed = 0;
        while (violation == null && seed < SEEDS_MAX) {
            violation = violation(++seed, broken.planner());
        }
        assertNotNull(violation, () -> "not caught in " + SEEDS_MAX + " walks: " + broken);
        TABLE.add(String.format("%-55s walk %3d  %s", broken, seed, violation.promise()));
        assertTrue(broken.promises().contains(violation.promise()), broken + ": " + violation.getMessage());
    }

    static Violation violation(long seed, Planner planner) {
        try {
            new Walk(seed, planner).run();
            return null;
        } catch (Violation violation) {
            return violation;
        }
    }

    @AfterAll
    static void printTable() {
        System.out.println(
                TABLE.size() + " broken planners, the walk that caught each," + " and the promise that was broken:");
        TABLE.forEach(System.out::println);
    }
}
