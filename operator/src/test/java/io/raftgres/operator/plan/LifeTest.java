package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.raftgres.operator.model.ForcedRecovery;
import io.raftgres.operator.model.RecoveryPhase;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Beginning, sleeping, waking, and a new beginning when the quorum is lost. */
class LifeTest {

    private static Scene blank(int wanted) {
        Scene scene = Scene.of(0).wanted(wanted);
        scene.formed = false;
        scene.first = wanted;
        scene.set = Optional.empty();
        return scene.noResponse();
    }

    private static Scene lost() {
        return Scene.of(3).noLeader().broken(0, 1).recover("c-2", "k1");
    }

    @Test
    void aNewClusterBeginsWithAllItsMembers() {
        assertEquals(3, assertInstanceOf(Step.CreateSet.class, blank(3).plan()).replicas());
        Scene scene = Scene.of(3).noLeader().noResponse();
        scene.formed = false;
        Expect.waits(scene.plan(), "first leader");
    }

    @Test
    void theFirstLeaderIsNoted() {
        Scene scene = Scene.of(3);
        scene.formed = false;
        assertEquals("k1", assertInstanceOf(Step.MarkFormed.class, scene.plan()).clusterId());
    }

    @Test
    void aClusterThatIsNotFormedIsNotScaled() {
        Scene scene = Scene.of(3).noLeader().wanted(1);
        scene.formed = false;
        Expect.waits(scene.plan(), "first leader");
    }

    @Test
    void anotherClustersAnswersAreNotTrusted() {
        Scene scene = Scene.of(5).wanted(3);
        scene.clusterId = "k9";
        Expect.stuck(scene.plan(), "k9", "k1", "kubectl patch configmap c-bootstrap", "delete the claims");
    }

    @Test
    void aClusterHibernatesAndWakes() {
        Scene scene = Scene.of(3);
        scene.hibernated = true;
        Expect.replicas(3, 0, scene.plan());
        scene.set(0).noLeader();
        Expect.waits(scene.plan(), "c-0 is stopping");
        scene.noPods().noResponse();
        Expect.done(scene.plan());
        scene.hibernated = false;
        Expect.replicas(0, 3, scene.plan());
    }

    @Test
    void aClusterWakesAsLargeAsItWas() {
        Expect.replicas(0, 5, Scene.of(5).wanted(3).set(0).noPods().noResponse().plan());
    }

    @Test
    void replicasLoweredByHandComeBack() {
        Expect.replicas(
                1,
                3,
                Scene.of(3).set(1).noPod(1, 2).silent(1).silent(2).noLeader().plan());
    }

    @Test
    void appliedAgainItTakesUpItsClaims() {
        Scene scene = Scene.of(5).wanted(3).noPods().noResponse();
        scene.set = Optional.empty();
        assertEquals(5, assertInstanceOf(Step.CreateSet.class, scene.plan()).replicas());
    }

    @Test
    void aClusterWithoutAnyClaimSaysWhatToDo() {
        Expect.stuck(Scene.of(3).set(0).noPods().noResponse().noClaim(0, 1, 2).plan(), "data-c-0", "apply it again");
    }

    @Test
    void aLostQuorumSaysWhoIsMissingAndWhy() {
        Expect.stuck(
                Scene.of(3).noLeader().broken(0, 1).plan(),
                "1 of 3 voters answer (c-2)",
                "a quorum needs 2",
                "c-0 and c-1",
                "correct spec.image");
    }

    @Test
    void aRecoveryStopsAllAndMakesANewClusterOfOne() {
        Scene scene = lost();
        Expect.replicas(3, 0, scene.plan());
        Expect.stuck(scene.set(0).plan(), "c-0 is stopping", "correct spec.image");
        assertInstanceOf(Step.StartRecovery.class, scene.noPods().noResponse().plan());
        Expect.waits(scene.ran(RecoveryPhase.RUNNING).plan(), "c-2");
        scene.ran(RecoveryPhase.SUCCEEDED);
        Expect.deleteClaim(0, scene.plan());
        Expect.waits(scene.claimDeleted(0).plan(), "data-c-0");
        Expect.deleteClaim(1, scene.noClaim(0).plan());
        assertInstanceOf(Step.EndRecovery.class, scene.noClaim(1).plan());
        scene.noted = Optional.empty();
        scene.recovery = Optional.empty();
        assertInstanceOf(Step.RemoveRecovery.class, scene.plan());
        scene.run = Optional.empty();
        Expect.replicas(0, 3, scene.plan());
    }

    @Test
    void aRecoveryThatIsNotNeededIsRefused() {
        Expect.stuck(Scene.of(3).recover("c-2", "k1").plan(), "refused", "has a quorum", "Remove spec.recovery");
        Expect.stuck(Scene.of(3).recover("c-2", "k1").noResponse().plan(), "refused", "pods are ready");
        Expect.stuck(lost().recover("c-2", "k9").plan(), "refused", "k9", "k1");
        Expect.stuck(lost().recover("c-7", "k1").plan(), "refused", "c-7 has no data claim", "c-0, c-1 and c-2");
        Expect.stuck(lost().claimDeleted(2).plan(), "refused", "data-c-2 was deleted");
        Scene asleep = lost().set(0).noPods().noResponse();
        asleep.hibernated = true;
        Expect.stuck(asleep.plan(), "refused", "spec.hibernated");
    }

    @Test
    void aRecoveryThatFailsSaysWhy() {
        Expect.stuck(
                lost().set(0).noPods().noResponse().ran(RecoveryPhase.FAILED).plan(), "disk full", "c-recovery");
    }

    @Test
    void aRecoveryThatDoesNotBeginSaysWhy() {
        Expect.stuck(
                lost().set(0).noPods().noResponse().ran(RecoveryPhase.PENDING).plan(),
                "does not start",
                "disk full",
                "c-recovery");
    }

    private static Scene withdrawn(RecoveryPhase phase) {
        Scene scene = lost().set(0).noPods().noResponse().ran(phase);
        scene.recovery = Optional.empty();
        return scene;
    }

    @Test
    void aWithdrawnRecoveryThatHasChangedNothingIsRemoved() {
        for (RecoveryPhase phase : List.of(RecoveryPhase.PENDING, RecoveryPhase.FAILED)) {
            assertEquals(
                    "v1",
                    assertInstanceOf(Step.RemoveRecovery.class, withdrawn(phase).plan())
                            .version());
            assertInstanceOf(
                    Step.RemoveRecovery.class,
                    withdrawn(phase).recover("c-1", "k1").plan());
        }
    }

    @Test
    void aWithdrawnRecoveryThatHasBegunIsGoneThroughWith() {
        Expect.waits(withdrawn(RecoveryPhase.RUNNING).plan(), "c-2");
        Scene scene = withdrawn(RecoveryPhase.SUCCEEDED);
        Expect.deleteClaim(0, scene.plan());
        Expect.deleteClaim(0, scene.recover("c-1", "k1").plan());
        scene.noClaim(0, 1);
        assertEquals(
                new ForcedRecovery("c-2", "k1"),
                assertInstanceOf(Step.EndRecovery.class, scene.plan()).recovery());
    }
}
