package io.raftgres.node.service.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.raftgres.node.consensus.ConsensusView;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.ClusterVersion;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.service.health.NodeReport;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * The leader raises the cluster's version when every member, learners too, has reported that it can read it; not
 * before.
 */
class ClusterUpgradeTest {

    private static final Member ONE = new Member(1, "node1", true, "", "");
    private static final Member TWO = new Member(2, "node2", true, "", "");
    private static final Member LEARNER = new Member(3, "node3", false, "", "");

    private Membership latest = Membership.of(List.of(ONE, TWO));
    private Membership committed = latest;
    private Role role = Role.LEADER;
    private MachineState state = new MachineState(9, 4, 1, 0, 0, 0, 0);
    private final Map<Long, NodeReport> reports = new HashMap<>();
    private final List<Request> proposed = new ArrayList<>();
    private CompletableFuture<ApplyResult> result = CompletableFuture.completedFuture(null);
    private final ClusterUpgrade upgrade = new ClusterUpgrade(
            () -> new ConsensusView(role, 4, 1, 9, 9, 4, 9, 9, 0, latest, committed, true, Map.of()),
            () -> Optional.ofNullable(state),
            id -> Optional.ofNullable(reports.get(id)),
            request -> {
                proposed.add(request);
                return result;
            });

    private void reads(long member, int version) {
        reports.put(
                member,
                new NodeReport(
                        "follower",
                        4,
                        9,
                        9,
                        9,
                        9,
                        1,
                        0,
                        null,
                        9,
                        "v",
                        "serving",
                        List.of(),
                        Map.of(),
                        Map.of(),
                        "",
                        "",
                        version,
                        4,
                        false));
    }

    private int raised() {
        proposed.clear();
        upgrade.raise();
        return proposed.isEmpty()
                ? 0
                : ((Op.Raise) proposed.getFirst().success().getFirst()).version();
    }

    @Test
    void versionIsRaisedWhenAllMembersCanReadIt() {
        reads(1, ClusterVersion.LATEST);
        assertEquals(0, raised(), "node2 does not answer");
        reads(2, 0);
        assertEquals(0, raised(), "node2 is of an older release, which tells nothing");
        reads(2, ClusterVersion.LATEST + 3);
        assertEquals(ClusterVersion.LATEST, raised());
        latest = Membership.of(List.of(ONE, TWO, LEARNER));
        assertEquals(0, raised(), "a change of membership is not committed");
        committed = latest;
        assertEquals(0, raised(), "the learner does not answer");
        reads(3, ClusterVersion.LATEST);
        assertEquals(ClusterVersion.LATEST, raised());
        state = new MachineState(10, 4, 1, 0, 0, 0, ClusterVersion.LATEST);
        assertEquals(0, raised(), "it is");
    }

    @Test
    void onlyALeaderWithStateUpgrades() {
        reads(1, ClusterVersion.LATEST);
        reads(2, ClusterVersion.LATEST);
        role = Role.FOLLOWER;
        assertEquals(0, raised());
        role = Role.LEADER;
        state = null;
        assertEquals(0, raised());
    }

    @Test
    void joiningMemberMustReadTheHighestPossibleVersion() {
        assertEquals(0, upgrade.needed());
        state = new MachineState(9, 3, 1, 0, 0, 0, 0);
        assertEquals(ClusterVersion.LATEST, upgrade.needed(), "an entry of a former leader may raise it yet");
        state = null;
        assertEquals(ClusterVersion.LATEST, upgrade.needed());
        state = new MachineState(9, 4, 1, 0, 0, 0, 0);
        reads(1, ClusterVersion.LATEST);
        reads(2, ClusterVersion.LATEST);
        result = CompletableFuture.failedFuture(new IllegalStateException("its outcome was not heard of"));
        assertEquals(ClusterVersion.LATEST, raised());
        assertEquals(ClusterVersion.LATEST, upgrade.needed(), "what was proposed may be in force");
    }
}
