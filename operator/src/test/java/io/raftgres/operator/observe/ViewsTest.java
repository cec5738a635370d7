package io.raftgres.operator.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.raftgres.operator.model.ForcedRecovery;
import io.raftgres.operator.model.RecoveryPhase;
import io.raftgres.operator.model.RecoveryView;
import io.raftgres.operator.resource.Names;
import io.raftgres.operator.resource.StatefulSets;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** How far a recovery is: whether it has begun decides whether it may be given up. */
class ViewsTest {

    private static Pod pod(String phase, UnaryOperator<ContainerStateBuilder> node) {
        return new PodBuilder()
                .withNewMetadata()
                .withName("c-recovery")
                .withResourceVersion("17")
                .addToAnnotations(Names.RECOVERY_OF, "c-2/k1")
                .endMetadata()
                .withNewStatus()
                .withPhase(phase)
                .withMessage("the machine has no memory left")
                .addNewInitContainerStatus()
                .withName("postgres")
                .withNewState()
                .withNewRunning()
                .endRunning()
                .endState()
                .endInitContainerStatus()
                .addNewContainerStatus()
                .withName("node")
                .withState(node.apply(new ContainerStateBuilder()).build())
                .endContainerStatus()
                .endStatus()
                .build();
    }

    private static Pod ended(int code, String message) {
        return pod(
                "Running",
                state -> state.withNewTerminated()
                        .withExitCode(code)
                        .withMessage(message)
                        .endTerminated());
    }

    private static void check(RecoveryPhase phase, String message, Pod pod) {
        assertEquals(new RecoveryView(new ForcedRecovery("c-2", "k1"), phase, "17", message), Views.recoveryRun(pod));
    }

    @Test
    void aRecoveryHasBegunWhenItsContainerRuns() {
        check(
                RecoveryPhase.PENDING,
                "",
                pod(
                        "Pending",
                        state -> state.withNewWaiting()
                                .withReason("PodInitializing")
                                .endWaiting()));
        check(
                RecoveryPhase.RUNNING,
                "",
                pod("Running", state -> state.withNewRunning().endRunning()));
    }

    @Test
    void aRecoveryEnds() {
        check(RecoveryPhase.SUCCEEDED, "", ended(0, "recovered"));
        check(RecoveryPhase.FAILED, "NOT RECOVERED: there is no log", ended(1, "NOT RECOVERED: there is no log"));
        check(RecoveryPhase.FAILED, "exit code 137", ended(137, ""));
    }

    /** Until then its status has the former revision, and pods of an old template look current. */
    @Test
    void theTemplateOfAStatefulSetIsUnknownUntilItsControllerHasSeenIt() {
        assertEquals("", Views.set(set(2L, 1L)).template());
        assertEquals("", Views.set(set(2L, null)).template());
        assertEquals("h1", Views.set(set(2L, 2L)).template());
    }

    private static StatefulSet set(Long generation, Long observed) {
        return new StatefulSetBuilder()
                .withNewMetadata()
                .withGeneration(generation)
                .addToAnnotations(StatefulSets.TEMPLATE_OF, "h1")
                .endMetadata()
                .withNewSpec()
                .withReplicas(3)
                .endSpec()
                .withNewStatus()
                .withObservedGeneration(observed)
                .endStatus()
                .build();
    }

    @Test
    void aRecoveryThatWasEvictedBeforeItRan() {
        check(RecoveryPhase.FAILED, "the machine has no memory left", pod("Failed", state -> state));
    }
}
