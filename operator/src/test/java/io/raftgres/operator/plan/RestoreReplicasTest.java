package io.raftgres.operator.plan;

import org.junit.jupiter.api.Test;

/** Members that may be needed for a quorum get their pods back at once. */
class RestoreReplicasTest {

    private final Rule rule = new RestoreReplicas();

    @Test
    void aClusterWakesWithAllItsMembers() {
        Expect.replicas(0, 3, Expect.fires(rule, Scene.of(3).set(0).noPods().noResponse()));
        Expect.replicas(
                0, 5, Expect.fires(rule, Scene.of(5).wanted(3).set(0).noPods().noResponse()));
    }

    @Test
    void replicasThatWereLoweredByHandComeBack() {
        Scene scene = Scene.of(3).set(1).noPod(1, 2).silent(1).silent(2).noLeader();
        Expect.replicas(1, 3, Expect.fires(rule, scene));
    }

    @Test
    void aClusterThatLostAllItsClaimsIsNotWoken() {
        Expect.stuck(Expect.fires(rule, Scene.of(3).set(0).noPods().noResponse().noClaim(0, 1, 2)), "data-c-0");
    }

    @Test
    void aClusterWithALeaderIsScaledInSteps() {
        Expect.isSilent(rule, Scene.of(3).set(1).noPod(1, 2));
    }

    @Test
    void aReadyPodKnowsALeaderThatIsNotSeen() {
        Expect.isSilent(rule, Scene.of(3).set(1).noPod(1, 2).noResponse());
    }

    @Test
    void aClusterWithAllItsPodsGetsNoMore() {
        Expect.isSilent(rule, Scene.of(3).noLeader());
    }
}
