package io.raftgres.operator.plan;

import io.raftgres.operator.model.ImagePolicy;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Pods of an old revision are replaced one by one. */
class RollPodsTest {

    private final Rule rule = new RollPods();

    @Test
    void theMemberThatIsFurthestBehindIsFirst() {
        Expect.restart(
                1, Expect.fires(rule, Scene.of(3).outdated(0, 1, 2).lag(1, 9).lag(2, 3)));
    }

    @Test
    void theLeaderIsLastAndTransfersLeadershipFirst() {
        Expect.restart(1, Expect.fires(rule, Scene.of(3).outdated(0, 1)));
        Expect.transfer(1, Expect.fires(rule, Scene.of(3).outdated(0)));
    }

    @Test
    void theOnlyVoterIsRestarted() {
        Expect.restart(0, Expect.fires(rule, Scene.of(1).outdated(0)));
    }

    @Test
    void theNextPodWaitsUntilAllVotersAreWell() {
        Expect.waits(Expect.fires(rule, Scene.of(3).outdated(1).unready(2)), "c-2");
        Expect.waits(Expect.fires(rule, Scene.of(3).outdated(1).silent(2)), "c-2");
    }

    @Test
    void theNextPodWaitsUntilTheClusterHasItsVoters() {
        Expect.waits(Expect.fires(rule, Scene.of(3).outdated(1).learner(2)), "c-2");
        Expect.waits(Expect.fires(rule, Scene.of(3).outdated(1).wanted(5)), "5 members");
    }

    private static Scene releases(String first, String second, String third) {
        return Scene.of(3).release(0, first).release(1, second).release(2, third);
    }

    /** A tag or a digest may say nothing of the release; the first pod that runs it does. */
    @Test
    void theFirstPodThatIsReplacedShowsTheReleaseBeforeTheNextFollows() {
        Scene skips = releases("0.9.1", "0.9.0", "0.12.0").outdated(0, 1);
        Expect.stuck(Expect.fires(rule, skips), "c-2", "0.12.0", "0.9.0", "go to release 0.10 first");
        Expect.stuck(Expect.fires(rule, releases("0.9.0", "0.9.0", "0.8.0").outdated(0, 1)), "c-2", "may not read");
        Expect.restart(
                1, Expect.fires(rule, releases("0.9.0", "0.9.0", "0.10.0").outdated(0, 1)));
        Expect.waits(
                Expect.fires(
                        new ReplaceUnreadyPods(),
                        releases("0.9.1", "0.9.0", "0.12.0").outdated(0, 1).unready(1)),
                "0.12.0");
        skips.images = new ImagePolicy(Optional.empty(), true);
        Expect.restart(1, Expect.fires(rule, skips));
    }

    /** The others never left their revision: it is the current one again. */
    @Test
    void aPodThatRunsARefusedReleaseIsReplacedWhenTheImageIsSetBack() {
        Expect.restart(
                2, Expect.fires(rule, releases("0.9.0", "0.9.0", "0.12.0").outdated(2)));
    }

    @Test
    void podsOfTheCurrentRevisionStay() {
        Expect.isSilent(rule, Scene.of(3));
    }

    @Test
    void aPodThatWouldLoseItsDataIsLeftToReleaseClaims() {
        Expect.isSilent(rule, Scene.of(3).outdated(1).claimDeleted(1));
    }
}
