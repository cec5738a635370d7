package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.raftgres.operator.model.RecoveryPhase;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A chosen member becomes a new cluster when the quorum is lost permanently. */
class RecoverClusterTest {

    private final Rule rule = new RecoverCluster();

    private static Scene lost() {
        return Scene.of(3).noLeader().broken(0, 1).recover("c-2", "k1");
    }

    private static Scene stopped() {
        return lost().set(0).noPods().noResponse();
    }

    @Test
    void allPodsStopFirst() {
        Expect.replicas(3, 0, Expect.fires(rule, lost()));
        Expect.stuck(Expect.fires(rule, lost().set(0)), "c-0", "c-1", "c-2");
    }

    @Test
    void theRecoveryStartsWhenNoPodIsLeft() {
        Step.StartRecovery start = Expect.fires(Step.StartRecovery.class, rule, stopped());
        assertEquals("c-2", start.recovery().member());
    }

    @Test
    void theRecoveryIsWaitedFor() {
        Expect.waits(Expect.fires(rule, stopped().ran(RecoveryPhase.RUNNING)), "c-2");
        Expect.stuck(Expect.fires(rule, stopped().ran(RecoveryPhase.FAILED)), "c-2", "disk full");
    }

    @Test
    void theOtherClaimsAreDeletedBeforeTheRecoveryEnds() {
        Scene scene = stopped().ran(RecoveryPhase.SUCCEEDED);
        Expect.deleteClaim(0, Expect.fires(rule, scene));
        Expect.deleteClaim(1, Expect.fires(rule, scene.noClaim(0)));
        Expect.fires(Step.EndRecovery.class, rule, scene.noClaim(1));
    }

    @Test
    void aRecoveryThatIsNotAskedForAnyMoreIsRemovedUnlessItRuns() {
        Scene pending = stopped().ran(RecoveryPhase.PENDING);
        pending.recovery = Optional.empty();
        Expect.fires(Step.RemoveRecovery.class, rule, pending);
        Scene running = stopped().ran(RecoveryPhase.RUNNING);
        running.recovery = Optional.empty();
        Expect.waits(Expect.fires(rule, running), "c-2");
    }

    @Test
    void aRecoveryIsRefusedWhileTheClusterHasAQuorumOrMayHaveOne() {
        Expect.stuck(Expect.fires(rule, Scene.of(3).recover("c-2", "k1")), "c-0 leads");
        Expect.stuck(Expect.fires(rule, Scene.of(3).recover("c-2", "k1").noResponse()), "ready");
    }

    @Test
    void aRecoveryIsRefusedForAnotherClusterOrAMemberWithoutData() {
        Expect.stuck(Expect.fires(rule, lost().recover("c-2", "k9")), "k9", "k1");
        Expect.stuck(Expect.fires(rule, lost().recover("c-7", "k1")), "c-7");
        Expect.stuck(Expect.fires(rule, lost().claimDeleted(2)), "data-c-2");
    }

    @Test
    void aLostQuorumAloneStartsNoRecovery() {
        Scene scene = lost();
        scene.recovery = Optional.empty();
        Expect.isSilent(rule, scene);
    }
}
