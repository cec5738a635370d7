package io.raftgres.operator.status;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus;
import org.junit.jupiter.api.Test;

/** Which changes of the status are written at once. */
class CoarseStatusTest {

    @Test
    void indexesAndSmallLagsOfALedClusterAreNoNews() {
        assertTrue(CoarseStatus.isSame(status("c-0", 100, 0), status("c-0", 200, 900)));
    }

    @Test
    void aMemberThatFallsBehindIsNews_AndAgainWhenTheLagHasDoubled() {
        assertFalse(CoarseStatus.isSame(status("c-0", 100, 0), status("c-0", 100, 1001)));
        assertTrue(CoarseStatus.isSame(status("c-0", 100, 1001), status("c-0", 100, 1900)));
        assertFalse(CoarseStatus.isSame(status("c-0", 100, 1001), status("c-0", 100, 2100)));
    }

    /** They decide which member to recover. */
    @Test
    void withoutALeaderEveryIndexIsNews() {
        assertFalse(CoarseStatus.isSame(status(null, 100, 0), status(null, 101, 0)));
    }

    @Test
    void everythingElseIsNews() {
        assertFalse(CoarseStatus.isSame(status("c-0", 100, 0), status("c-1", 100, 0)));
        assertFalse(CoarseStatus.isSame(null, status("c-0", 100, 0)));
    }

    private static RaftClusterStatus status(String leader, long index, long lag) {
        return Serialization.unmarshal(
                "observedGeneration: 1\n" + (leader == null ? "" : "leader: " + leader + "\n")
                        + "members: [{name: c-0, role: follower, matchIndex: " + index + ", lastIndex: " + index
                        + ", lag: " + lag + "}]\n",
                RaftClusterStatus.class);
    }
}
