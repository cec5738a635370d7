package io.raftgres.operator.observe;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;

/** Why a pod does not run, for a person. */
final class PodTrouble {

    private static final int WORDS_MAX = 300;

    /** A node that has not started by then is not just starting. */
    private static final Duration START = Duration.ofMinutes(5);

    /** A machine that works has told by then that a pod, whose grace is over, has ended. */
    private static final Duration END = Duration.ofMinutes(1);

    private PodTrouble() {}

    static boolean ready(Pod pod) {
        return condition(pod, "Ready")
                .filter(ready -> ready.getStatus().equals("True"))
                .isPresent();
    }

    /** @return a sentence that names what to do; empty when it runs, or just starts or stops */
    static Optional<String> of(Pod pod) {
        String name = pod.getMetadata().getName();
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            return notEnded(pod);
        }
        if (machineIsSilent(pod)) {
            return Optional.of("machine " + pod.getSpec().getNodeName() + " of pod " + name + " does not answer. "
                    + bringBack(pod.getSpec().getNodeName()));
        }
        Optional<PodCondition> unscheduled = condition(pod, "PodScheduled")
                .filter(it -> it.getStatus().equals("False") && "Unschedulable".equals(it.getReason()));
        if (unscheduled.isPresent()) {
            return Optional.of("pod " + name + " finds no machine: "
                    + shortened(unscheduled.get().getMessage()));
        }
        return containers(pod)
                .flatMap(container -> ofContainer(name, container).stream())
                .findFirst()
                .or(() -> notStarted(pod));
    }

    /** Kubernetes then takes away that the pod is ready, and leaves all else as the machine told it last. */
    private static boolean machineIsSilent(Pod pod) {
        return condition(pod, "Ready")
                        .filter(it -> it.getStatus().equals("False"))
                        .isPresent()
                && condition(pod, "ContainersReady")
                        .filter(it -> it.getStatus().equals("True"))
                        .isPresent();
    }

    /** When it is deleted, it is said until when it has to end. No other is made before it is known to have ended. */
    private static Optional<String> notEnded(Pod pod) {
        String until = pod.getMetadata().getDeletionTimestamp();
        if (pod.getSpec().getNodeName() == null
                || Instant.parse(until).plus(END).isAfter(Instant.now())) {
            return Optional.empty();
        }
        return Optional.of("pod " + pod.getMetadata().getName() + " was to end by " + until + ", and its machine "
                + pod.getSpec().getNodeName() + " does not say that it has. "
                + bringBack(pod.getSpec().getNodeName()));
    }

    private static String bringBack(String machine) {
        return "Bring the machine back, or, if it is gone for good, 'kubectl delete node " + machine + "'";
    }

    private static Optional<String> ofContainer(String pod, ContainerStatus container) {
        ContainerStateWaiting waiting =
                container.getState() == null ? null : container.getState().getWaiting();
        String reason = waiting == null || waiting.getReason() == null ? "" : waiting.getReason();
        String where = "container " + container.getName() + " of pod " + pod;
        return switch (reason) {
            case "", "PodInitializing", "ContainerCreating" -> Optional.empty();
            case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull" ->
                Optional.of("the image " + container.getImage() + " cannot be pulled for " + where
                        + "; check its name and imagePullSecrets: " + shortened(waiting.getMessage()));
            case "CrashLoopBackOff" ->
                Optional.of(where + " ends again and again; see 'kubectl logs " + pod + " -c " + container.getName()
                        + "': " + lastWords(container));
            default -> Optional.of(where + " does not start (" + reason + "): " + shortened(waiting.getMessage()));
        };
    }

    private static Optional<String> notStarted(Pod pod) {
        String began = pod.getStatus().getStartTime();
        boolean started =
                containers(pod).anyMatch(it -> it.getName().equals("node") && Boolean.TRUE.equals(it.getStarted()));
        if (started || began == null || Instant.parse(began).plus(START).isAfter(Instant.now())) {
            return Optional.empty();
        }
        String name = pod.getMetadata().getName();
        return Optional.of("pod " + name + " has not started in " + START.toMinutes() + " minutes; see"
                + " 'kubectl describe pod " + name + "' and 'kubectl logs " + name + " -c node'");
    }

    static boolean runs(Pod pod, String container) {
        return containers(pod)
                .anyMatch(it -> it.getName().equals(container)
                        && it.getState() != null
                        && it.getState().getRunning() != null);
    }

    static Optional<ContainerStateTerminated> ended(Pod pod, String container) {
        return containers(pod)
                .filter(it -> it.getName().equals(container))
                .flatMap(it -> Optional.ofNullable(it.getState()).map(state -> state.getTerminated()).stream())
                .findFirst();
    }

    private static String lastWords(ContainerStatus container) {
        return Optional.ofNullable(container.getLastState())
                .map(state -> state.getTerminated())
                .map(PodTrouble::lastWords)
                .orElse("it left no message");
    }

    static String lastWords(ContainerStateTerminated end) {
        return end.getMessage() == null || end.getMessage().isBlank()
                ? "exit code " + end.getExitCode()
                : shortened(end.getMessage());
    }

    private static Stream<ContainerStatus> containers(Pod pod) {
        return Stream.concat(
                pod.getStatus().getInitContainerStatuses().stream(), pod.getStatus().getContainerStatuses().stream());
    }

    private static Optional<PodCondition> condition(Pod pod, String type) {
        return pod.getStatus().getConditions().stream()
                .filter(it -> it.getType().equals(type))
                .findFirst();
    }

    /** The end of a text says most; one line of it. */
    private static String shortened(String text) {
        String line = text == null ? "" : text.strip().replaceAll("\\s+", " ");
        return line.length() <= WORDS_MAX ? line : "..." + line.substring(line.length() - WORDS_MAX);
    }
}
