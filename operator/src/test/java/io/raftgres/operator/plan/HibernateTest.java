package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** A hibernated cluster has no pods and keeps its claims. */
class HibernateTest {

    private final Rule rule = new Hibernate();

    private static Scene hibernated() {
        Scene scene = Scene.of(3);
        scene.hibernated = true;
        return scene;
    }

    @Test
    void allPodsStop() {
        Expect.replicas(3, 0, Expect.fires(rule, hibernated()));
    }

    @Test
    void podsThatAreStoppingAreWaitedFor() {
        Expect.waits(Expect.fires(rule, hibernated().set(0).noPod(1, 2)), "c-0");
    }

    @Test
    void aClusterWithoutPodsIsAsWanted() {
        Expect.done(Expect.fires(rule, hibernated().set(0).noPods()));
        assertTrue(rule.isGate());
    }

    @Test
    void aMemberWhoseClaimWasDeletedIsReplacedFirst() {
        Expect.isSilent(rule, hibernated().claimDeleted(1));
    }

    @Test
    void aClusterThatIsToRunRuns() {
        Expect.isSilent(rule, Scene.of(3));
    }
}
