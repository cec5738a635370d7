package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;

/** What a step has to be. */
final class Expect {

    private Expect() {}

    /** @return what the rule wants done, when it is asked alone */
    static Step fires(Rule rule, Scene scene) {
        return rule.next(scene.state()).orElseThrow(() -> new AssertionError("nothing is to be done"));
    }

    static void isSilent(Rule rule, Scene scene) {
        assertEquals(Optional.empty(), rule.next(scene.state()));
    }

    /** @return the step, which has to be of this type */
    static <T extends Step> T fires(Class<T> type, Rule rule, Scene scene) {
        return assertInstanceOf(type, fires(rule, scene));
    }

    static void restart(int ordinal, Step step) {
        assertEquals(ordinal, assertInstanceOf(Step.RestartPod.class, step).ordinal());
        assertEquals("pod" + ordinal, ((Step.RestartPod) step).version());
    }

    static void transfer(int to, Step step) {
        assertEquals(
                "c-" + to, assertInstanceOf(Step.TransferLeadership.class, step).to());
    }

    static void remove(int ordinal, Step step) {
        assertEquals(
                "c-" + ordinal, assertInstanceOf(Step.RemoveMember.class, step).name());
        assertEquals("id" + ordinal, ((Step.RemoveMember) step).memberId());
    }

    static void replicas(int from, int to, Step step) {
        Step.SetReplicas set = assertInstanceOf(Step.SetReplicas.class, step);
        assertEquals(from + " to " + to, set.from() + " to " + set.to());
    }

    static void deleteClaim(int ordinal, Step step) {
        assertEquals(
                "claim" + ordinal,
                assertInstanceOf(Step.DeleteClaim.class, step).uid());
    }

    static void done(Step step) {
        assertInstanceOf(Step.Done.class, step);
    }

    static void waits(Step step, String... words) {
        waits(false, step, words);
    }

    static void stuck(Step step, String... words) {
        waits(true, step, words);
    }

    private static void waits(boolean stuck, Step step, String... words) {
        Step.Wait wait = assertInstanceOf(Step.Wait.class, step);
        for (String word : words) {
            assertTrue(wait.reason().contains(word), () -> "'" + word + "' in: " + wait.reason());
        }
        assertEquals(stuck, wait.stuck(), wait.reason());
    }
}
