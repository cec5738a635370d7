package io.raftgres.operator.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is wrong with a pod, as its own status tells it. */
class PodTroubleTest {

    @Test
    void aPodThatIsReadyOrAboutToBeIsInNoTrouble() {
        assertEquals(Optional.empty(), PodTrouble.of(pod("True", "True")));
        assertEquals(Optional.empty(), PodTrouble.of(pod("False", "False")));
    }

    @Test
    void aMachineThatDoesNotAnswerLeavesTheContainersAsTheyWere() {
        expect(pod("False", "True"), "machine m of pod c-0 does not answer", "kubectl delete node m");
    }

    @Test
    void aPodThatDoesNotEnd() {
        assertEquals(Optional.empty(), PodTrouble.of(ending(Instant.now().plus(Duration.ofSeconds(90)))));
        assertEquals(Optional.empty(), PodTrouble.of(ending(Instant.now())));
        expect(ending(Instant.now().minus(Duration.ofMinutes(2))), "pod c-0 was to end by", "kubectl delete node m");
    }

    private static void expect(Pod pod, String... words) {
        String trouble = PodTrouble.of(pod).orElseThrow();
        for (String word : words) {
            assertTrue(trouble.contains(word), () -> "'" + word + "' in: " + trouble);
        }
    }

    private static Pod ending(Instant until) {
        return new PodBuilder(pod("False", "True")).editMetadata().withDeletionTimestamp(until.toString()).endMetadata().build();
    }

    private static Pod pod(String ready, String containersReady) {
        return new PodBuilder().withNewMetadata().withName("c-0").endMetadata()
                .withNewSpec().withNodeName("m").endSpec()
                .withNewStatus().withStartTime(Instant.now().toString())
                .addNewCondition().withType("Ready").withStatus(ready).endCondition()
                .addNewCondition().withType("ContainersReady").withStatus(containersReady).endCondition()
                .endStatus().build();
    }
}
