package io.raftgres.operator.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.operator.model.LogEnd;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.RaftView;
import io.raftgres.operator.raft.NodeResponse.ClusterView;
import io.raftgres.operator.raft.NodeResponse.Leader;
import io.raftgres.operator.raft.NodeResponse.Member;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Whom the operator believes when nodes say different things. */
class MergedStatusTest {

    private final Map<String, NodeResponse> responses = new TreeMap<>();
    private final Map<Integer, LogEnd> ends = new TreeMap<>();

    @Test
    void nobodyAnswers() {
        responses.put("c-0", new NodeResponse.Silent("no response within 2 s", NodeResponse.Contact.NONE));
        responses.put("c-1", new NodeResponse.Removed());
        assertEquals(Optional.empty(), MergedStatus.of(responses));
        assertEquals(Optional.empty(), MergedStatus.of(Map.of()));
    }

    @Test
    void aLeaderWithAMajorityIsBelieved() {
        says(0, 4, 0, Set.of(0, 1));
        says(1, 4, 0, Set.of(1));
        RaftView view = view();
        assertEquals(Optional.of("c-0"), view.leader());
        assertEquals(4, view.term());
        assertEquals(
                List.of(true, true, false),
                view.members().stream().map(MemberView::connected).toList());
        // What the leader knows of its follower's log, and not what that says of itself.
        assertEquals(100, member(view, 1).matchIndex());
        assertEquals(7, member(view, 1).lag());
    }

    @Test
    void whoTellsTheOperatorNothingIsNotTakenToServe() {
        says(0, 4, 0, Set.of(0, 1, 2));
        says(1, 4, 0, Set.of(1));
        RaftView view = view();
        assertTrue(member(view, 1).serving());
        assertTrue(member(view, 2).connected());
        assertFalse(member(view, 2).serving());
    }

    @Test
    void theLeaderOfTheNewerTermIsBelieved() {
        says(0, 4, 0, Set.of(0, 1, 2));
        says(1, 5, 1, Set.of(1, 2));
        assertEquals(Optional.of("c-1"), view().leader());
    }

    @Test
    void aLeaderThatWasCutOffIsNotBelieved() {
        says(0, 4, 0, Set.of(0));
        assertEquals(Optional.empty(), view().leader());
        says(1, 5, 1, Set.of(1, 2));
        assertEquals(Optional.of("c-1"), view().leader());
    }

    @Test
    void aFollowersWordForALeaderIsNotEnough() {
        says(1, 4, 0, Set.of(0, 1, 2));
        assertEquals(Optional.empty(), view().leader());
    }

    @Test
    void withoutALeaderEachSpeaksForItself() {
        says(1, 4, -1, Set.of(1));
        says(2, 6, -1, Set.of(2));
        RaftView view = view();
        assertEquals(6, view.term());
        assertEquals(
                List.of(false, true, true),
                view.members().stream().map(MemberView::connected).toList());
        assertEquals(
                List.of(0L, 91L, 92L),
                view.members().stream().map(MemberView::matchIndex).toList());
        assertTrue(member(view, 1).serving());
        assertFalse(member(view, 0).serving());
    }

    /** Another node's report of it may be old, and the leader's figures are enough while there is one. */
    @Test
    void withoutALeaderEachTellsTheEndOfItsOwnLog() {
        ends.put(1, new LogEnd(3, 90));
        says(2, 6, -1, Set.of(2));
        ends.put(1, new LogEnd(4, 100));
        says(1, 6, -1, Set.of(1));
        assertEquals(
                List.of(Optional.empty(), Optional.of(new LogEnd(4, 100)), Optional.empty()),
                view().members().stream().map(MemberView::logEnd).toList());
        says(1, 7, 1, Set.of(1, 2));
        assertEquals(Optional.empty(), member(view(), 1).logEnd());
    }

    private RaftView view() {
        return MergedStatus.of(responses).orElseThrow();
    }

    private static MemberView member(RaftView view, int ordinal) {
        return view.member("c-" + ordinal).orElseThrow();
    }

    /** @param leader negative for none @param hears whom it is connected to, itself included */
    private void says(int ordinal, long term, int leader, Set<Integer> hears) {
        List<Member> members = IntStream.range(0, 3)
                .mapToObj(each -> new Member(
                        "id" + each,
                        "c-" + each,
                        hears.contains(each) ? each == leader ? "leader" : "follower" : "unreachable",
                        true,
                        90 + each,
                        ends.containsKey(each) ? ends.get(each).term() : null,
                        ends.containsKey(each) ? ends.get(each).index() : null,
                        100,
                        7,
                        hears.contains(each) ? "serving" : "unknown",
                        List.of(),
                        "1",
                        "http://c-" + each + ":8081"))
                .toList();
        responses.put(
                "c-" + ordinal,
                new NodeResponse.View(new ClusterView(
                        "k1",
                        "id" + ordinal,
                        term,
                        leader < 0 ? null : new Leader("id" + leader, "c-" + leader),
                        members)));
    }
}
