package io.raftgres.operator.condition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.operator.condition.Condition.Status;
import io.raftgres.operator.model.ImagePolicy;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.PodView;
import io.raftgres.operator.model.RecoveryPhase;
import io.raftgres.operator.model.RefusedWrite.Reason;
import io.raftgres.operator.model.ResizeView;
import io.raftgres.operator.model.SetView;
import io.raftgres.operator.plan.Planner;
import io.raftgres.operator.plan.Scene;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What people read when something is the matter, and that it says what to do. */
class ReportTest {

    private static Report report(Scene scene) {
        Observed seen = scene.seen();
        return Report.of(seen, new Planner().plan(seen), (int)
                seen.pods().stream().filter(PodView::current).count());
    }

    private static Condition condition(Scene scene, String type) {
        return report(scene).conditions().stream()
                .filter(each -> each.type().equals(type))
                .findFirst()
                .orElseThrow();
    }

    private static void check(Scene scene, String type, Status status, String reason, String... words) {
        Condition condition = condition(scene, type);
        assertEquals(status + " " + reason, condition.status() + " " + condition.reason(), condition.message());
        for (String word : words) {
            assertTrue(condition.message().contains(word), () -> "'" + word + "' in: " + condition.message());
        }
    }

    @Test
    void allIsWell() {
        check(Scene.of(3), "Ready", Status.TRUE, "AllMembersReady", "3");
        check(Scene.of(3), "Progressing", Status.FALSE, "UpToDate");
        check(Scene.of(3), "Degraded", Status.FALSE, "Healthy");
        check(Scene.of(3), "QuorumAvailable", Status.TRUE, "LeaderElected", "3 of 3", "c-0");
        check(Scene.of(3), "Paused", Status.FALSE, "NotPaused");
        assertEquals("", report(Scene.of(3)).waitingFor());
    }

    @Test
    void aMemberIsMissing() {
        Scene scene = Scene.of(3).broken(1);
        check(scene, "Ready", Status.FALSE, "MembersNotReady", "2 of 3", "c-1");
        check(scene, "Degraded", Status.TRUE, "PodsInTrouble", "c-1", "correct spec.image");
        check(scene, "Progressing", Status.FALSE, "Stuck", "waitingFor");
        check(scene, "QuorumAvailable", Status.TRUE, "LeaderElected", "2 of 3");
        assertTrue(report(scene).waitingFor().contains("correct spec.image"));
        check(Scene.of(3).silent(1), "Degraded", Status.TRUE, "MembersDown", "c-1");
        check(Scene.of(3).alarm(2, "no-space"), "Degraded", Status.TRUE, "Alarms", "c-2: no-space");
    }

    /** Three pods for want of one image are one line, and not three. */
    @Test
    void aTroubleOfSeveralPodsIsToldOnce() {
        Scene scene = Scene.of(3).noLeader().broken(0, 1, 2);
        String line = "c-0, c-1, c-2: its image cannot be pulled; correct spec.image";
        assertEquals(line, condition(scene, "Degraded").message());
        assertTrue(
                report(scene).waitingFor().endsWith(": " + line), report(scene).waitingFor());
        for (Condition condition : report(scene).conditions()) {
            assertTrue(condition.message().split("cannot be pulled", -1).length <= 2, condition.message());
        }
    }

    @Test
    void readyIsFalseUntilTheChangeIsComplete() {
        check(Scene.of(3).outdated(1), "Ready", Status.FALSE, "Changing", "2 of 3 pods are of the current spec");
        check(Scene.of(3).wanted(1), "Ready", Status.FALSE, "Changing", "removes c-2");
        Scene wide = Scene.of(3);
        wide.bytes = 20;
        check(wide, "Ready", Status.FALSE, "Changing", "resizes claim data-c-0");
        // The pod template is not in force yet: pods look current.
        Observed seen = Scene.of(3).seen();
        Report report = Report.of(seen, new Planner().plan(seen), -1);
        assertEquals(Status.FALSE, report.conditions().getFirst().status());
        assertEquals("Progressing", report.state());
    }

    @Test
    void aRefusedImageIsAConditionAndTheStateIsStuck() {
        Scene scene = Scene.of(3);
        scene.images = new ImagePolicy(Optional.of("spec.image is refused"), false);
        check(scene, "Degraded", Status.TRUE, "ImageRefused", "spec.image is refused");
        check(scene, "Ready", Status.FALSE, "Changing", "waitingFor");
        assertEquals("spec.image is refused", report(scene).waitingFor());
        assertEquals("Stuck", report(scene).state());
        assertEquals("Stuck", report(scene.noLeader()).state());
    }

    @Test
    void oneWordOfState() {
        assertEquals("Ready", report(Scene.of(3)).state());
        assertEquals("Progressing", report(Scene.of(3).outdated(1)).state());
        assertEquals("Progressing", report(Scene.of(3).wanted(5)).state());
        assertEquals("Progressing", report(Scene.of(3).silent(1)).state());
        assertEquals("Stuck", report(Scene.of(3).broken(1)).state());
        Scene paused = Scene.of(3).broken(1);
        paused.paused = true;
        assertEquals("Paused", report(paused).state());
        Scene asleep = Scene.of(3);
        asleep.hibernated = true;
        assertEquals("Progressing", report(asleep).state());
        assertEquals("Hibernated", report(asleep.set(0).noPods().noResponse()).state());
    }

    @Test
    void theQuorumIsLost() {
        Scene scene = lost().logEnd(3, 7, 100, 90).logEnd(4, 7, 97, 97);
        check(
                scene,
                "QuorumAvailable",
                Status.FALSE,
                "QuorumLost",
                "2 of 5 voters answer; a quorum needs 3",
                "c-3 (last term 7, last entry 100), c-4 (last term 7, last entry 97)",
                "Start the others again: c-0, c-1, c-2",
                "{\"spec\":{\"recovery\":{\"forceNewCluster\":{\"member\":\"c-3\",\"clusterId\":\"k1\"}}}}");
        check(scene, "Ready", Status.FALSE, "NoLeader");
        check(Scene.of(3).noLeader(), "QuorumAvailable", Status.FALSE, "NoLeader", "3 of 3");
        check(Scene.of(3).noLeader().noResponse(), "QuorumAvailable", Status.UNKNOWN, "NoResponse");
    }

    private static Scene lost() {
        return Scene.of(5).noLeader().broken(0, 1, 2);
    }

    private static void recommended(Scene scene, String member, String... words) {
        check(scene, "QuorumAvailable", Status.FALSE, "QuorumLost", words);
        check(scene, "QuorumAvailable", Status.FALSE, "QuorumLost", "from the data of " + member);
        check(scene, "QuorumAvailable", Status.FALSE, "QuorumLost", "{\"member\":\"" + member + "\"");
    }

    /** Acknowledged writes are lost with the wrong one: what it knows to be committed says little of what it has. */
    @Test
    void survivorsAreRankedAsAnElectionRanksThem() {
        recommended(lost().logEnd(3, 7, 95, 95).logEnd(4, 7, 100, 90), "c-4");
        recommended(lost().logEnd(3, 7, 100, 90).logEnd(4, 7, 95, 95), "c-3");
        recommended(lost().logEnd(3, 6, 200, 95).logEnd(4, 7, 96, 95), "c-4");
        recommended(lost().logEnd(3, 7, 100, 90).logEnd(4, 7, 100, 99), "c-3");
        recommended(lost().logEnd(3, 7, 95, 95).logEnd(4, 7, 100, 90).learner(4), "c-4", "c-4 (learner; last term 7");
    }

    @Test
    void aSurvivorWithoutWholeDataIsNotRecommended() {
        Scene scene = lost().logEnd(3, 7, 95, 95);
        recommended(scene.logEnd(4, 7, 100, 90).rebuilding(4), "c-3", "entry 100; not recommended: it is rebuilding");
        scene = lost().logEnd(3, 7, 95, 95);
        recommended(scene.logEnd(4, 7, 100, 90).alarm(4, "corrupt"), "c-3", "its rows are corrupt");
        recommended(scene.logEnd(4, 0, 0, 0).alarm(4, "unvouched"), "c-3", "it has no data yet");
        recommended(lost().logEnd(3, 7, 95, 95).logEnd(4, 7, 100, 90).claimDeleted(4), "c-3", "its claim was deleted");
        recommended(lost().logEnd(3, 7, 95, 95).logEnd(4, 7, 100, 90).alarm(4, "postgres-unavailable"), "c-4");
        Scene none = lost().rebuilding(3).alarm(4, "corrupt");
        check(none, "QuorumAvailable", Status.FALSE, "QuorumLost", "No member that answers", "from snapshots");
        assertFalse(condition(none, "QuorumAvailable").message().contains("kubectl patch"));
    }

    @Test
    void survivorsOfAnOlderReleaseAreRankedByCommittedEntriesAndTheSentenceSaysSo() {
        recommended(
                lost().logEnd(3, 7, 95, 95).lag(4, 3),
                "c-4",
                "c-4 (at least entry 97; its release does not report the end of its log)",
                "compare raftgres_raft_last_index");
    }

    @Test
    void aStepIsOnItsWay() {
        check(Scene.of(3).wanted(5), "Progressing", Status.TRUE, "SetReplicas", "from 3 to 4 replicas");
        check(Scene.of(3).outdated(1), "Progressing", Status.TRUE, "RestartPod", "c-1", "old revision");
    }

    @Test
    void pausedAndHibernated() {
        Scene paused = Scene.of(3).outdated(1);
        paused.paused = true;
        check(paused, "Paused", Status.TRUE, "SpecPaused", "spec.paused");
        check(paused, "Progressing", Status.FALSE, "Paused");
        check(paused, "Ready", Status.FALSE, "Paused", "2 of 3 pods are of the current spec");
        paused.outdated().pods.put(1, Scene.pod(1));
        check(paused, "Ready", Status.TRUE, "AllMembersReady");
        check(paused.wanted(1), "Ready", Status.FALSE, "Paused", "removes c-2");
        Scene asleep = Scene.of(3).set(0).noPods().noResponse();
        asleep.hibernated = true;
        check(asleep, "Ready", Status.FALSE, "Hibernated");
        check(asleep, "QuorumAvailable", Status.FALSE, "Hibernated");
        check(asleep, "Progressing", Status.FALSE, "UpToDate");
    }

    @Test
    void aNewClusterForms() {
        Scene scene = Scene.of(3).noLeader();
        scene.formed = false;
        check(scene, "QuorumAvailable", Status.FALSE, "Forming");
        check(scene, "Ready", Status.FALSE, "Forming");
        check(scene, "Progressing", Status.TRUE, "Waiting", "first leader");
    }

    @Test
    void aRecoveryIsUnderWay() {
        Scene scene =
                Scene.of(3).noLeader().broken(0, 1).set(0).noPods().noResponse().recover("c-2", "k1");
        check(scene, "Ready", Status.FALSE, "Recovering", "c-2");
        check(scene, "QuorumAvailable", Status.FALSE, "Recovering", "c-2");
        check(scene, "Progressing", Status.TRUE, "StartRecovery", "c-2");
        scene.ran(RecoveryPhase.RUNNING);
        check(scene, "Progressing", Status.TRUE, "Waiting", "c-2");
        // Also when it was withdrawn: it continues.
        scene.recovery = Optional.empty();
        check(scene, "Ready", Status.FALSE, "Recovering", "c-2");
        check(scene, "QuorumAvailable", Status.FALSE, "Recovering", "c-2");
    }

    @Test
    void aPersonIsNeeded() {
        Scene scene = Scene.of(3);
        scene.clusterId = "k9";
        check(scene, "Degraded", Status.TRUE, "Stuck", "k9");
        check(scene, "Progressing", Status.FALSE, "Stuck", "waitingFor");
        assertTrue(report(scene).waitingFor().contains("k9"));
    }

    @Test
    void everyVoterIsSilent() {
        Scene scene = Scene.of(3).noLeader().broken(0, 1, 2);
        check(
                scene,
                "QuorumAvailable",
                Status.FALSE,
                "QuorumLost",
                "0 of 3",
                "Start at least 2 of these members again: c-0, c-1, c-2");
    }

    /** For programs, so it has the form that Kubernetes asks of it, whatever the step. */
    @Test
    void everyReasonIsAWord() {
        Scene wide = Scene.of(3);
        wide.bytes = 20;
        for (Scene scene : List.of(
                Scene.of(3),
                Scene.of(3).wanted(5),
                Scene.of(5).wanted(3),
                Scene.of(3).outdated(0),
                Scene.of(3).outdated(1),
                Scene.of(3).noLeader(),
                Scene.of(3).claimDeleted(1),
                wide)) {
            for (Condition condition : report(scene).conditions()) {
                assertTrue(condition.reason().matches("[A-Z][A-Za-z]+"), condition.toString());
                assertTrue(!condition.message().isBlank(), condition.toString());
            }
        }
    }

    @Test
    void aClaimThatIsLargerThanTheSpecIsNamedAndHarmless() {
        Scene scene = Scene.of(3).claimBytes(1, 20, true);
        check(scene, "Reconciled", Status.FALSE, "ClaimsCannotShrink", "data-c-1 has 20 bytes", "asks for 10");
        check(scene, "Ready", Status.TRUE, "AllMembersReady");
        assertEquals("Ready", report(scene).state());
        check(Scene.of(3).claimGrows(1, 10, 100, Optional.empty()), "Reconciled", Status.TRUE, "AllAccepted");
    }

    /** The plan waits for the first of them, and would hide the others. */
    @Test
    void podsInTroubleHideNoOtherProblem() {
        Scene scene = Scene.of(3).broken(1);
        scene.images = new ImagePolicy(Optional.of("spec.postgres.image is refused"), false);
        scene.claimGrows(2, 20, 10, Optional.of(new ResizeView(true, "ControllerResizeError: no space")));
        check(
                scene,
                "Degraded",
                Status.TRUE,
                "PodsInTrouble",
                "c-1",
                "spec.postgres.image is refused",
                "claim data-c-2 does not grow (ControllerResizeError: no space)");
    }

    @Test
    void aGrowthThatFailsIsNamed() {
        Scene scene = Scene.of(3);
        scene.bytes = 20;
        for (int ordinal = 0; ordinal < 3; ordinal++) {
            scene.claimGrows(ordinal, 20, 10, Optional.of(new ResizeView(true, "ControllerResizeError: no space")));
        }
        scene.set = Optional.of(new SetView("set", 3, "r1", 20, OptionalLong.empty(), ""));
        check(scene, "Degraded", Status.TRUE, "Stuck", "data-c-2 has 10 of 20 bytes", "no space");
        assertEquals("Stuck", report(scene).state());
    }

    @Test
    void aRefusedPodMonitorIsReportedAndTheClusterIsReady() {
        Scene scene = Scene.of(3).refused("PodMonitor", Reason.REFUSED, "the kind PodMonitor is unknown");
        check(scene, "Reconciled", Status.FALSE, "Refused", "the kind PodMonitor is unknown");
        check(scene, "Ready", Status.TRUE, "AllMembersReady", "3 members");
        check(scene, "Degraded", Status.FALSE, "Healthy", "");
        assertEquals("Ready", report(scene).state());
    }

    @Test
    void aRefusedWriteIsNamed() {
        Scene scene = Scene.of(3).refused("StatefulSet", Reason.REFUSED, "the API server refuses StatefulSet c: no");
        check(scene, "Reconciled", Status.FALSE, "Refused", "StatefulSet c: no");
        check(scene, "Ready", Status.FALSE, "Changing", "an administrator must act");
        check(scene, "Progressing", Status.FALSE, "Refused", "an administrator must act");
        check(scene, "Degraded", Status.TRUE, "Stuck", "StatefulSet c: no");
        assertEquals("Stuck", report(scene).state());
        assertTrue(report(scene).waitingFor().contains("StatefulSet c: no"));
        Scene service = Scene.of(3).refused("Service", Reason.FAILED, "Service c could not be written");
        check(service, "Reconciled", Status.FALSE, "Failed", "Service c");
        check(service, "Ready", Status.FALSE, "Changing", "Service c");
        assertEquals("Progressing", report(service).state());
        check(service, "Progressing", Status.TRUE, "Waiting", "Service c");
        check(service.refused("Service", Reason.NOT_OURS, "it exists"), "Reconciled", Status.FALSE, "NotOurs");
        check(Scene.of(3), "Reconciled", Status.TRUE, "AllAccepted");
    }
}
