package io.raftgres.operator.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.raftgres.operator.raft.NodeResponse;
import io.raftgres.operator.raft.NodeResponse.Contact;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is wrong with a pod, as its own status tells it. */
class PodTroubleTest {

    private static final NodeResponse REFUSED = new NodeResponse.Silent("no connection", Contact.REFUSED);

    @Test
    void aPodThatIsReadyOrAboutToBeIsInNoTrouble() {
        assertEquals(Optional.empty(), PodTrouble.of(pod("True", "True")));
        assertEquals(Optional.empty(), PodTrouble.of(pod("False", "False")));
    }

    @Test
    void aMachineThatDoesNotAnswerLeavesTheContainersAsTheyWere() {
        expect(pod("False", "True"), "its machine m does not answer", "kubectl delete node m");
    }

    @Test
    void aPodThatDoesNotEnd() {
        assertEquals(Optional.empty(), PodTrouble.of(ending(Instant.now().plus(Duration.ofSeconds(90)))));
        assertEquals(Optional.empty(), PodTrouble.of(ending(Instant.now())));
        expect(ending(Instant.now().minus(Duration.ofMinutes(2))), "it was due to end by", "kubectl delete node m");
    }

    @Test
    void aPodThatFindsNoMachine() {
        expect(
                new PodBuilder(pod("False", "False"))
                        .editStatus()
                        .addNewCondition()
                        .withType("PodScheduled")
                        .withStatus("False")
                        .withReason("Unschedulable")
                        .withMessage("0/3 nodes are available")
                        .endCondition()
                        .endStatus()
                        .build(),
                "cannot be scheduled to any machine",
                "0/3 nodes are available");
    }

    @Test
    void aContainerThatDoesNotStart() {
        expect(
                waiting(
                        "ImagePullBackOff",
                        "Back-off pulling image \"wrong:1\": ErrImagePull: failed to pull and unpack image"
                                + " \"docker.io/library/wrong:1\": failed to resolve reference"
                                + " \"docker.io/library/wrong:1\": docker.io/library/wrong:1: not found"),
                "the image wrong:1 cannot be pulled (not found): correct spec.image or spec.imagePullSecrets");
        assertEquals(
                1,
                PodTrouble.of(waiting("ErrImageNeverPull", "Container image \"wrong:1\" is not present"))
                                .orElseThrow()
                                .split("cannot be pulled")
                                .length
                        - 1);
        expect(
                waiting("CrashLoopBackOff", "back-off"),
                "keeps ending",
                "kubectl logs c-0 -c node",
                "the log is damaged");
        expect(waiting("CreateContainerConfigError", "no secret s"), "CreateContainerConfigError", "no secret s");
        assertEquals(Optional.empty(), PodTrouble.of(waiting("PodInitializing", null)));
    }

    /** Its machine may be cut off: then the API server keeps what was reported, and the pod may serve by now. */
    @Test
    void troubleIsConfirmedOnlyByWhatTheOperatorSeesItself() {
        Pod loops = waiting("CrashLoopBackOff", "back-off");
        assertTrue(PodTrouble.isConfirmed(loops, REFUSED));
        assertFalse(PodTrouble.isConfirmed(loops, new NodeResponse.Silent("no connection within 2 s", Contact.NONE)));
        assertFalse(PodTrouble.isConfirmed(loops, new NodeResponse.View(null)));
        assertFalse(PodTrouble.isConfirmed(address(loops), null));
        Pod silent = pod("False", "True");
        assertFalse(PodTrouble.isConfirmed(silent, REFUSED));
        assertFalse(PodTrouble.isConfirmed(pod("False", "False"), REFUSED));
        assertFalse(PodTrouble.isConfirmed(ending(Instant.now().minus(Duration.ofMinutes(2))), REFUSED));
        Pod unknown = new PodBuilder(loops)
                .editStatus()
                .editMatchingCondition(it -> it.getType().equals("Ready"))
                .withStatus("Unknown")
                .endCondition()
                .endStatus()
                .build();
        assertFalse(PodTrouble.isConfirmed(unknown, REFUSED));
    }

    /** A firewall that rejects the operator's connections looks to it like a port at which no process listens. */
    @Test
    void aRefusedConnectionConfirmsNoTroubleOfANodeThatRuns() {
        Pod slow = new PodBuilder(waiting("CrashLoopBackOff", "back-off"))
                .editStatus()
                .withStartTime(Instant.now().minus(Duration.ofMinutes(6)).toString())
                .editFirstContainerStatus()
                .withStarted(false)
                .withNewState()
                .withNewRunning()
                .endRunning()
                .endState()
                .endContainerStatus()
                .endStatus()
                .build();
        assertTrue(PodTrouble.of(slow).orElseThrow().contains("has not started"));
        assertFalse(PodTrouble.isConfirmed(slow, REFUSED));
        assertTrue(PodTrouble.isConfirmed(slow, new NodeResponse.Silent("PostgreSQL is unavailable", Contact.ERROR)));
    }

    @Test
    void troubleOfAPodThatNeverRanIsConfirmed() {
        Pod hasRun = waiting("CreateContainerConfigError", "no secret s");
        assertFalse(PodTrouble.isConfirmed(hasRun, null));
        Pod neverRan = new PodBuilder(hasRun)
                .editStatus()
                .editFirstContainerStatus()
                .withLastState(null)
                .endContainerStatus()
                .endStatus()
                .build();
        assertTrue(PodTrouble.isConfirmed(neverRan, null));
        assertFalse(PodTrouble.isConfirmed(address(neverRan), null));
    }

    private static Pod address(Pod pod) {
        return new PodBuilder(pod)
                .editStatus()
                .withPodIP("10.0.0.1")
                .endStatus()
                .build();
    }

    @Test
    void aPodThatTakesLongToStart() {
        Pod old = new PodBuilder(pod("False", "False"))
                .editStatus()
                .withStartTime(Instant.now().minus(Duration.ofMinutes(6)).toString())
                .endStatus()
                .build();
        expect(old, "has not started in 5 minutes", "kubectl describe pod c-0");
        // Once it has started, not being ready may be for want of a leader.
        assertEquals(
                Optional.empty(),
                PodTrouble.of(new PodBuilder(old)
                        .editStatus()
                        .addNewContainerStatus()
                        .withName("node")
                        .withStarted(true)
                        .endContainerStatus()
                        .endStatus()
                        .build()));
    }

    private static Pod waiting(String reason, String message) {
        return new PodBuilder(pod("False", "False"))
                .editStatus()
                .addNewContainerStatus()
                .withName("node")
                .withImage("wrong:1")
                .withNewState()
                .withNewWaiting()
                .withReason(reason)
                .withMessage(message)
                .endWaiting()
                .endState()
                .withNewLastState()
                .withNewTerminated()
                .withExitCode(1)
                .withMessage("the log is damaged\n")
                .endTerminated()
                .endLastState()
                .endContainerStatus()
                .endStatus()
                .build();
    }

    private static void expect(Pod pod, String... words) {
        String trouble = PodTrouble.of(pod).orElseThrow();
        for (String word : words) {
            assertTrue(trouble.contains(word), () -> "'" + word + "' in: " + trouble);
        }
    }

    private static Pod ending(Instant until) {
        return new PodBuilder(pod("False", "True"))
                .editMetadata()
                .withDeletionTimestamp(until.toString())
                .endMetadata()
                .build();
    }

    private static Pod pod(String ready, String containersReady) {
        return new PodBuilder()
                .withNewMetadata()
                .withName("c-0")
                .endMetadata()
                .withNewSpec()
                .withNodeName("m")
                .endSpec()
                .withNewStatus()
                .withStartTime(Instant.now().toString())
                .addNewCondition()
                .withType("Ready")
                .withStatus(ready)
                .endCondition()
                .addNewCondition()
                .withType("ContainersReady")
                .withStatus(containersReady)
                .endCondition()
                .endStatus()
                .build();
    }
}
