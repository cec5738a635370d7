package io.raftgres.operator.observe;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.raftgres.operator.model.PodView;
import io.raftgres.operator.raft.NodeResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Explains to an administrator why a pod does not run. */
final class PodTrouble {

    private static final int WORDS_MAX = 300;
    private static final int CAUSE_MAX = 120;

    /** A node that has not started in this time has a problem. */
    private static final Duration START = Duration.ofMinutes(5);

    /** A working machine has reported the end of a pod this long after its grace period. */
    private static final Duration END = Duration.ofMinutes(1);

    private PodTrouble() {}

    static boolean ready(Pod pod) {
        return condition(pod, "Ready")
                .filter(ready -> ready.getStatus().equals("True"))
                .isPresent();
    }

    /**
     * @return the cause and the remedy in one line, without the pod's name where that is not needed: so pods with the
     *     same trouble have equal lines. Empty when the pod runs, or is just starting or stopping
     */
    static Optional<String> of(Pod pod) {
        String name = pod.getMetadata().getName();
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            return notEnded(pod);
        }
        if (machineIsSilent(pod)) {
            return Optional.of("its machine " + pod.getSpec().getNodeName() + " does not answer. "
                    + bringBack(pod.getSpec().getNodeName()));
        }
        Optional<PodCondition> unscheduled = condition(pod, "PodScheduled")
                .filter(it -> it.getStatus().equals("False") && "Unschedulable".equals(it.getReason()));
        if (unscheduled.isPresent()) {
            return Optional.of("it cannot be scheduled to any machine: "
                    + shortened(unscheduled(unscheduled.get().getMessage())));
        }
        return containers(pod)
                .flatMap(container -> ofContainer(name, container).stream())
                .findFirst()
                .or(() -> notStarted(pod));
    }

    /**
     * Whether the trouble is certain at this moment: see {@link PodView#confirmed()}.
     *
     * @param response of its node; null if the node was not asked
     */
    static boolean isConfirmed(Pod pod, NodeResponse response) {
        boolean unknown = machineIsSilent(pod)
                || condition(pod, "Ready")
                        .filter(ready -> ready.getStatus().equals("Unknown"))
                        .isPresent();
        if (of(pod).isEmpty() || unknown || pod.getMetadata().getDeletionTimestamp() != null) {
            return false;
        }
        return switch (response) {
            case NodeResponse.View view -> false;
            case NodeResponse.Removed removed -> true;
            case NodeResponse.Silent silent ->
                switch (silent.contact()) {
                    case NONE -> false;
                    // A firewall may reject the operator's connections to a node that serves.
                    case REFUSED -> !runs(pod, "node");
                    case ERROR -> true;
                };
            case null -> hasNeverRun(pod);
        };
    }

    /** Whether its containers run, or are to run: the others of a pod may run while one waits for its image. */
    static boolean mayRun(Pod pod) {
        return List.of("Pending", "Running")
                .contains(String.valueOf(pod.getStatus().getPhase()));
    }

    /** It is on no machine, or has no address: a pod without one can be part of no cluster. */
    private static boolean hasNeverRun(Pod pod) {
        return pod.getSpec().getNodeName() == null
                || pod.getStatus().getPodIP() == null
                        && containers(pod)
                                .flatMap(it -> Stream.of(it.getState(), it.getLastState()))
                                .allMatch(state ->
                                        state == null || state.getRunning() == null && state.getTerminated() == null);
    }

    /** Kubernetes then marks the pod as not ready, and keeps all else as the machine last reported it. */
    private static boolean machineIsSilent(Pod pod) {
        return condition(pod, "Ready")
                        .filter(it -> it.getStatus().equals("False"))
                        .isPresent()
                && condition(pod, "ContainersReady")
                        .filter(it -> it.getStatus().equals("True"))
                        .isPresent();
    }

    /**
     * A deleted pod has a deadline to end. The StatefulSet creates no other pod of this name before the end is
     * reported.
     */
    private static Optional<String> notEnded(Pod pod) {
        String until = pod.getMetadata().getDeletionTimestamp();
        if (pod.getSpec().getNodeName() == null
                || Instant.parse(until).plus(END).isAfter(Instant.now())) {
            return Optional.empty();
        }
        return Optional.of("it was due to end by " + until + ", but its machine "
                + pod.getSpec().getNodeName() + " has not reported its end. "
                + bringBack(pod.getSpec().getNodeName()));
    }

    private static String bringBack(String machine) {
        return "Start the machine again, or, if it is lost permanently, run 'kubectl delete node " + machine + "'";
    }

    private static Optional<String> ofContainer(String pod, ContainerStatus container) {
        ContainerStateWaiting waiting =
                container.getState() == null ? null : container.getState().getWaiting();
        String reason = waiting == null || waiting.getReason() == null ? "" : waiting.getReason();
        String where = "container " + container.getName();
        return switch (reason) {
            case "", "PodInitializing", "ContainerCreating" -> Optional.empty();
            case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull" ->
                Optional.of("the image " + container.getImage() + " cannot be pulled (" + cause(waiting.getMessage())
                        + "): correct " + (container.getName().equals("node") ? "spec.image" : "spec.postgres.image")
                        + " or spec.imagePullSecrets");
            case "CrashLoopBackOff" ->
                Optional.of(where + " keeps ending: " + lastWords(container) + ". See 'kubectl logs " + pod + " -c "
                        + container.getName() + "'");
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
        return Optional.of("it has not started in " + START.toMinutes() + " minutes; see" + " 'kubectl describe pod "
                + name + "' and 'kubectl logs " + name + " -c node'");
    }

    /** Whether the container has run at any time of this pod. */
    static boolean hasRun(Pod pod, String container) {
        return containers(pod)
                .filter(it -> it.getName().equals(container))
                .flatMap(it -> Stream.of(it.getState(), it.getLastState()))
                .anyMatch(state -> state != null && (state.getRunning() != null || state.getTerminated() != null));
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
                .orElse("it ended without a message");
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

    /** The scheduler adds that no other pod can be evicted for it, machine by machine. */
    private static String unscheduled(String message) {
        return message == null ? "" : message.replaceFirst("\\s+preemption:.*", "");
    }

    /** A message of the container runtime names the image again in each layer; its last part is the cause. */
    private static String cause(String message) {
        String line = shortened(message);
        String last = line.substring(line.lastIndexOf(": ") < 0 ? 0 : line.lastIndexOf(": ") + 2);
        return last.length() <= CAUSE_MAX ? last : "..." + last.substring(last.length() - CAUSE_MAX);
    }

    /** Keeps the end of a text, where the cause usually is, on one line. */
    private static String shortened(String text) {
        String line = text == null ? "" : text.strip().replaceAll("\\s+", " ");
        return line.length() <= WORDS_MAX ? line : "..." + line.substring(line.length() - WORDS_MAX);
    }
}
