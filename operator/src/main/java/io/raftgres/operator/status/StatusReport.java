package io.raftgres.operator.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus.MemberStatus;
import io.raftgres.operator.condition.Progressing;
import io.raftgres.operator.condition.Reconciled;
import io.raftgres.operator.condition.Report;
import io.raftgres.operator.condition.Sentence;
import io.raftgres.operator.condition.StateWord;
import io.raftgres.operator.model.LogEnd;
import io.raftgres.operator.model.MemberNames;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.PodView;
import io.raftgres.operator.model.RaftView;
import io.raftgres.operator.model.ReleaseVersion;
import io.raftgres.operator.plan.Step;
import io.raftgres.operator.resource.Names;
import io.raftgres.operator.resource.StatefulSets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Builds the status of a RaftCluster from the observation and the planned step. */
public final class StatusReport {

    private static final int LINE_MAX = 1500;
    private static final int MEMBERS_MAX = 32;

    private StatusReport() {}

    /** @param image of the nodes */
    public static RaftClusterStatus of(RaftCluster cluster, Observed seen, Step step, String image) {
        int updated = seen.wanted().images().refusal().isPresent() ? -1 : updated(cluster, seen, image);
        Report report = Report.of(seen, step, updated);
        Optional<RaftView> raft = seen.raft();
        List<MemberView> members = raft.map(RaftView::members).orElse(List.of());
        Optional<String> leader = raft.flatMap(RaftView::leader);
        return new RaftClusterStatus(
                cluster.getMetadata().getGeneration(),
                report.state(),
                seen.pods().size(),
                (int) seen.pods().stream().filter(PodView::ready).count(),
                Math.max(0, updated),
                selector(cluster),
                seen.clusterId().or(() -> raft.map(RaftView::clusterId)).orElse(null),
                leader.orElse(null),
                raft.map(RaftView::term).orElse(null),
                quorum(members),
                version(members)
                        .orElse(
                                cluster.getStatus() == null
                                        ? null
                                        : cluster.getStatus().version()),
                image,
                waitingFor(report, seen.names(), step).orElse(null),
                members.isEmpty()
                        ? null
                        : members.stream()
                                // Voters first: a list without end would make the status too large to be written.
                                .sorted(Comparator.comparing(MemberView::voter).reversed())
                                .limit(MEMBERS_MAX)
                                .map(member -> member(member, leader))
                                .sorted(Comparator.comparing(MemberStatus::name))
                                .toList(),
                cluster.getStatus() == null ? null : cluster.getStatus().recoveredFrom(),
                conditions(cluster, report.conditions()));
    }

    /** @return number of pods that are of the current spec; -1 while its pod template is not in force */
    private static int updated(RaftCluster cluster, Observed seen, String image) {
        String template = StatefulSets.templateOf(cluster, image);
        boolean inForce =
                seen.set().filter(set -> set.template().equals(template)).isPresent();
        return inForce
                ? (int) seen.pods().stream()
                        .filter(pod -> pod.current() && !pod.terminating())
                        .count()
                : -1;
    }

    /** Line ends and lengths come from other programs too: Kubernetes limits them, and people read one line. */
    private static String line(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() <= LINE_MAX ? line : line.substring(0, LINE_MAX - 3) + "...";
    }

    /**
     * The status as it was, when the operator could not reconcile the cluster.
     *
     * @param sentence what went wrong, and what to do
     * @param stuck the next attempt will hardly do better
     */
    public static RaftClusterStatus failed(RaftCluster cluster, String sentence, boolean stuck) {
        String before = cluster.getStatus() == null ? null : cluster.getStatus().state();
        String state = stuck || before == null ? StateWord.STUCK.text() : before;
        return with(cluster, state, sentence, Reconciled.failed(sentence));
    }

    /**
     * The status as it was, while the RaftCluster is being deleted.
     *
     * @param sentence what the deletion waits for
     */
    public static RaftClusterStatus deleting(RaftCluster cluster, String sentence) {
        return with(cluster, StateWord.PROGRESSING.text(), sentence, Progressing.deleting(sentence));
    }

    private static RaftClusterStatus with(
            RaftCluster cluster, String state, String sentence, io.raftgres.operator.condition.Condition condition) {
        RaftClusterStatus before = cluster.getStatus() == null ? RaftClusterStatus.none() : cluster.getStatus();
        List<Condition> conditions = new ArrayList<>();
        if (before.conditions() != null) {
            conditions.addAll(before.conditions());
        }
        conditions.removeIf(it -> it.getType().equals(condition.type()));
        conditions.addAll(conditions(cluster, List.of(condition)));
        return before.with(state, line(sentence), conditions);
    }

    /** @return the oldest version of the nodes that answer; one that is no version of a release counts as the oldest */
    static Optional<String> version(List<MemberView> members) {
        return members.stream()
                .filter(MemberView::connected)
                .map(MemberView::version)
                .filter(version -> version != null && !version.isEmpty())
                .min(Comparator.comparing(
                                (String version) ->
                                        ReleaseVersion.parse(version).orElse(null),
                                Comparator.nullsFirst(Comparator.naturalOrder()))
                        .thenComparing(Comparator.naturalOrder()));
    }

    private static List<Condition> conditions(
            RaftCluster cluster, List<io.raftgres.operator.condition.Condition> conditions) {
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        return conditions.stream()
                .map(condition -> {
                    String status = condition.status().text();
                    // A transition is a change of the status, not of the reason.
                    String since = before(cluster, condition.type())
                            .filter(it -> status.equals(it.getStatus()))
                            .map(Condition::getLastTransitionTime)
                            .orElse(now);
                    return new ConditionBuilder()
                            .withType(condition.type())
                            .withStatus(status)
                            .withReason(condition.reason())
                            .withMessage(line(condition.message()))
                            .withLastTransitionTime(since)
                            .withObservedGeneration(cluster.getMetadata().getGeneration())
                            .build();
                })
                .toList();
    }

    private static Optional<Condition> before(RaftCluster cluster, String type) {
        List<Condition> conditions =
                cluster.getStatus() == null ? null : cluster.getStatus().conditions();
        return conditions == null
                ? Optional.empty()
                : conditions.stream().filter(it -> it.getType().equals(type)).findFirst();
    }

    /** @return one line; empty when the cluster is as its spec says */
    private static Optional<String> waitingFor(Report report, MemberNames names, Step step) {
        return Optional.of(report.waitingFor())
                .filter(it -> !it.isEmpty())
                .or(() -> step instanceof Step.Done ? Optional.empty() : Optional.of(Sentence.of(names, step)))
                .map(StatusReport::line);
    }

    private static String selector(RaftCluster cluster) {
        return Names.of(cluster).selector().entrySet().stream()
                .map(label -> label.getKey() + "=" + label.getValue())
                .collect(Collectors.joining(","));
    }

    private static String quorum(List<MemberView> members) {
        long voters = members.stream().filter(MemberView::voter).count();
        long connected = members.stream()
                .filter(member -> member.voter() && member.connected())
                .count();
        return voters == 0 ? null : connected + "/" + voters;
    }

    private static MemberStatus member(MemberView member, Optional<String> leader) {
        String role =
                leader.filter(member.name()::equals).isPresent() ? "leader" : member.voter() ? "follower" : "learner";
        String state = !member.connected() ? "unreachable" : member.serving() ? "serving" : "rebuilding";
        return new MemberStatus(
                member.name(),
                member.id(),
                role,
                state,
                leader.map(name -> member.matchIndex()).orElse(null),
                leader.map(name -> member.lag()).orElse(null),
                member.logEnd().map(LogEnd::term).orElse(null),
                member.logEnd().map(LogEnd::index).orElse(null),
                member.version(),
                member.alarms().isEmpty() ? null : member.alarms());
    }
}
