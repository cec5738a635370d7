package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A missing StatefulSet is made with a replica for each pod and claim. */
class CreateStatefulSetTest {

    private final Rule rule = new CreateStatefulSet();

    private static Scene withoutSet(int claims) {
        Scene scene = Scene.of(claims).noPods().noResponse();
        scene.set = Optional.empty();
        return scene;
    }

    private int replicas(Scene scene) {
        return Expect.fires(Step.CreateSet.class, rule, scene).replicas();
    }

    @Test
    void theSetGetsAReplicaForEachClaim() {
        assertEquals(3, replicas(withoutSet(3)));
        assertEquals(5, replicas(withoutSet(5).wanted(3)));
        assertEquals(3, replicas(withoutSet(3).wanted(5)));
    }

    @Test
    void aNewClusterBeginsWithItsFirstMembers() {
        Scene scene = withoutSet(0).wanted(3);
        scene.formed = false;
        scene.first = 3;
        assertEquals(3, replicas(scene));
    }

    @Test
    void theSetOfAHibernatedClusterHasNoReplicas() {
        Scene scene = withoutSet(3);
        scene.hibernated = true;
        assertEquals(0, replicas(scene));
    }

    @Test
    void theSetForARecoveryHasNoReplicas() {
        assertEquals(0, replicas(withoutSet(3).recover("c-2", "k1")));
    }

    @Test
    void aClusterThatLostAllItsClaimsIsNotBegunAgain() {
        Expect.stuck(Expect.fires(rule, withoutSet(3).noClaim(0, 1, 2)), "claim");
    }

    @Test
    void aSetThatExistsIsKept() {
        Expect.isSilent(rule, Scene.of(3).noPods().noResponse());
    }
}
