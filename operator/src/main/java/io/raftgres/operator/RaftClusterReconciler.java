package io.raftgres.operator;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus;
import io.raftgres.operator.apply.ApiRefusal;
import io.raftgres.operator.apply.DataDeletion;
import io.raftgres.operator.apply.Events;
import io.raftgres.operator.apply.IdleCheck;
import io.raftgres.operator.apply.MemberServices;
import io.raftgres.operator.apply.RefusedWrites;
import io.raftgres.operator.apply.Steps;
import io.raftgres.operator.apply.SupportingResources;
import io.raftgres.operator.apply.WriteAttempts;
import io.raftgres.operator.condition.Sentence;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RaftView;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.observe.ImageCheck;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.observe.ObjectReader;
import io.raftgres.operator.observe.Observer;
import io.raftgres.operator.observe.UncreatedPods;
import io.raftgres.operator.observe.Views;
import io.raftgres.operator.plan.Planner;
import io.raftgres.operator.plan.Step;
import io.raftgres.operator.resource.Names;
import io.raftgres.operator.status.ConditionMetrics;
import io.raftgres.operator.status.StatusReport;
import io.raftgres.operator.status.StatusWriter;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Reconciles a RaftCluster: observes it, writes the supporting resources, plans, reports the status and takes one step.
 */
@ControllerConfiguration(name = "raftcluster")
@GradualRetry(maxAttempts = Integer.MAX_VALUE, initialInterval = 1000, intervalMultiplier = 1.5, maxInterval = 15_000)
public class RaftClusterReconciler implements Reconciler<RaftCluster> {

    private static final Logger LOG = Logger.getLogger(RaftClusterReconciler.class);
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration WAITING = Duration.ofSeconds(2);
    private static final Duration QUIET = Duration.ofSeconds(10);

    @Inject
    KubernetesClient client;

    @Inject
    Observer observer;

    @Inject
    SupportingResources supporting;

    @Inject
    UncreatedPods uncreated;

    @Inject
    MemberServices memberServices;

    @Inject
    Steps steps;

    @Inject
    WriteAttempts attempts;

    @Inject
    RefusedWrites refused;

    @Inject
    IdleCheck idleCheck;

    @Inject
    StatusWriter status;

    @Inject
    Events events;

    @Inject
    DataDeletion deletion;

    @Inject
    ConditionMetrics metrics;

    private final Planner planner = new Planner();

    @Override
    public UpdateControl<RaftCluster> reconcile(RaftCluster cached, Context<RaftCluster> context)
            throws InterruptedException {
        // Without a context there are no caches.
        if (context != null
                && !context.isPrimaryResourceDeleted()
                && !isGone(cached)
                && Watches.areConnected(
                        context.eventSourceRetriever(), cached.getMetadata().getNamespace())) {
            Optional<UpdateControl<RaftCluster>> idle = idle(cached, new CachedObjects(context));
            if (idle.isPresent()) {
                return idle.get();
            }
        }
        // From here on the API server is read, never a cache: an old view must not lead to a change, and above all not
        // to the deletion of data.
        RaftCluster cluster = client.resource(cached).get();
        if (cluster == null) {
            deletion.gone(cached);
            forget(cached);
            return UpdateControl.noUpdate();
        }
        if (isGone(cluster)) {
            return finish(cluster);
        }
        try {
            // A refused finalizer is told in the status. It stops nothing else.
            attempts.write(cluster, "RaftCluster", cluster.getMetadata().getName(), () -> deletion.prepare(cluster));
            return reconcile(cluster);
        } catch (RuntimeException e) {
            // If the RaftCluster was deleted meanwhile, a failure does not matter.
            if (e instanceof KubernetesClientException && wasDeleted(cluster)) {
                LOG.infof(
                        "RaftCluster %s was deleted during its reconciliation:" + " %s",
                        cluster.getMetadata().getName(), e.getMessage());
                forget(cluster);
                return UpdateControl.noUpdate();
            }
            report(cluster, e);
            throw e;
        }
    }

    /** @return empty when something has to be written, or when the caches cannot show that nothing has to be */
    private Optional<UpdateControl<RaftCluster>> idle(RaftCluster asked, ObjectReader cached)
            throws InterruptedException {
        try {
            Live live = observer.look(asked, cached);
            if (hindrance(asked, live).isPresent()) {
                return Optional.empty();
            }
            ImageCheck check = ImageCheck.of(asked, live);
            RaftCluster cluster = check.accepted();
            Observed seen = Views.of(cluster, live, refused.of(cluster), check.policy());
            Step step = planner.plan(seen);
            return idleCheck.isIdle(cluster, live, seen, step, cached) && reportIdle(cluster, live, seen, step)
                    ? Optional.of(again(step))
                    : Optional.empty();
        } catch (RuntimeException e) {
            // With what the API server has, the same happens again, and is reported.
            LOG.debugf(e, "the caches do not show whether RaftCluster %s is idle", Names.of(asked));
            return Optional.empty();
        }
    }

    /** @return false when the RaftCluster has changed since the cache had it */
    private boolean reportIdle(RaftCluster cluster, Live live, Observed seen, Step step) {
        if (!status.isNews(cluster, StatusReport.of(cluster, seen, step, supporting.image(cluster, live)))) {
            report(cluster, live, seen, step);
            return true;
        }
        // Read live: the times of the new status must continue those that the API server has.
        RaftCluster now = client.resource(cluster).get();
        boolean same = !isGone(now)
                && now.getMetadata().getUid().equals(cluster.getMetadata().getUid())
                && now.getMetadata()
                        .getGeneration()
                        .equals(cluster.getMetadata().getGeneration());
        if (same) {
            report(ImageCheck.of(now, live).accepted(), live, seen, step);
        }
        return same;
    }

    /** A RaftCluster that is gone has no conditions and no refused writes in the metrics. */
    private void forget(RaftCluster cluster) {
        metrics.forget(Names.of(cluster));
        refused.forget(cluster.getMetadata().getUid());
        status.forget(cluster);
    }

    private UpdateControl<RaftCluster> finish(RaftCluster cluster) {
        UpdateControl<RaftCluster> control = UpdateControl.noUpdate();
        metrics.forget(Names.of(cluster));
        try {
            Optional<String> waiting = deletion.finish(cluster);
            if (waiting.isEmpty()) {
                refused.forget(cluster.getMetadata().getUid());
                return control;
            }
            status.write(cluster, StatusReport.deleting(cluster, waiting.get()));
        } catch (RuntimeException e) {
            boolean changed = e instanceof KubernetesClientException refusal && ApiRefusal.isStateChange(refusal);
            if (!changed
                    && !(e instanceof KubernetesClientException
                            && client.resource(cluster).get() == null)) {
                report(cluster, e);
                throw e;
            }
            LOG.infof(
                    "RaftCluster %s has changed during its deletion, so the operator looks again: %s",
                    cluster.getMetadata().getName(), e.getMessage());
        }
        return control.rescheduleAfter(WAITING);
    }

    private void disown(RaftCluster cluster, Live live) {
        for (PersistentVolumeClaim claim : live.claims()) {
            String name = claim.getMetadata().getName();
            attempts.write(
                    cluster,
                    "PersistentVolumeClaim",
                    name,
                    "owner",
                    DataDeletion.isOwned(cluster, claim),
                    () -> deletion.disown(cluster, List.of(claim)));
        }
    }

    private boolean wasDeleted(RaftCluster cluster) {
        RaftCluster now = client.resource(cluster).get();
        return isGone(now)
                || !now.getMetadata().getUid().equals(cluster.getMetadata().getUid());
    }

    /** The framework tries again, and logs the exception. */
    private void report(RaftCluster cluster, RuntimeException failure) {
        String why = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        String sentence = "the operator failed: " + why.strip().replaceAll("\\s+", " ")
                + ". It tries again; the operator's log has the details";
        try {
            status.write(
                    cluster, StatusReport.failed(cluster, sentence, !(failure instanceof KubernetesClientException)));
            events.warn(cluster, "ReconciliationFailed", sentence);
        } catch (KubernetesClientException e) {
            failure.addSuppressed(e);
        }
    }

    private static boolean isGone(RaftCluster cluster) {
        return cluster == null || cluster.getMetadata().getDeletionTimestamp() != null;
    }

    private UpdateControl<RaftCluster> reconcile(RaftCluster asked) throws InterruptedException {
        // All that a step is planned from is read live.
        Live live = observer.look(asked);
        // What is built from here on has the images in force where those of the spec are refused.
        ImageCheck check = ImageCheck.of(asked, live);
        RaftCluster cluster = check.accepted();
        Optional<Step.Wait> hindrance = hindrance(cluster, live);
        if (hindrance.isPresent() || cluster.getSpec().paused()) {
            refused.untried(cluster);
        }
        if (hindrance.isEmpty()) {
            disown(cluster, live);
        }
        if (hindrance.isEmpty() && !cluster.getSpec().paused()) {
            if (supporting.apply(cluster, live)) {
                live = observer.look(cluster);
                // The StatefulSet may have been written: until its controller has seen that, old pods look current.
                hindrance = hindrance(cluster, live);
            }
            uncreated(cluster, live);
            if (hindrance.isEmpty()) {
                hindrance = unbegun(cluster, live).map(reason -> new Step.Wait(reason, false));
            }
        }
        Live latest = live;
        refused.observed(cluster, latest.foreign());
        Supplier<Observed> look = () -> Views.of(cluster, latest, refused.of(cluster), check.policy());
        Optional<Step> hindered = hindrance.map(wait -> wait);
        Plan plan = plan(
                look,
                seen -> hindered.orElseGet(() -> planner.plan(seen)),
                cluster.getSpec().paused()
                        ? (seen, step) -> {}
                        : (seen, step) -> supporting.budget(cluster, seen, step));
        Step step = plan.step();
        report(cluster, live, plan.seen(), step);
        if (!cluster.getSpec().paused()) {
            supporting.markLeader(cluster, live, plan.seen().raft().flatMap(RaftView::leader));
            take(step, cluster, live);
            memberServices.apply(cluster, live);
        }
        idleCheck.settle(cluster, live, step);
        return again(step);
    }

    private static UpdateControl<RaftCluster> again(Step step) {
        return UpdateControl.<RaftCluster>noUpdate()
                .rescheduleAfter(
                        switch (step) {
                            case Step.Done done -> QUIET;
                            case Step.Wait wait -> WAITING;
                            default -> SOON;
                        });
    }

    private void uncreated(RaftCluster cluster, Live live) {
        attempts.read(cluster, "EventList", () -> uncreated.look(Names.of(cluster), live))
                .ifPresent(refusals -> supporting.uncreated(cluster, live, refusals));
    }

    record Plan(Observed seen, Step step) {}

    /**
     * Plans a step, and writes the disruption budget for it. If the budget is refused before a member is removed, the
     * operator plans again: the removal of a voter then waits for the budget, and the status says so.
     */
    static Plan plan(Supplier<Observed> look, Function<Observed, Step> planner, BiConsumer<Observed, Step> budget) {
        Observed seen = look.get();
        Step step = planner.apply(seen);
        budget.accept(seen, step);
        if (!(step instanceof Step.RemoveMember)) {
            return new Plan(seen, step);
        }
        Observed now = look.get();
        boolean unprotected = now.refused().stream().anyMatch(it -> it.kind().equals("PodDisruptionBudget"));
        return unprotected ? new Plan(now, planner.apply(now)) : new Plan(seen, step);
    }

    /** @return why no step can be planned yet; empty when it can */
    static Optional<Step.Wait> hindrance(RaftCluster cluster, Live live) {
        return live.foreign().stream()
                .findFirst()
                .map(write -> new Step.Wait(write.sentence(), true))
                .or(() -> transition(cluster, live).map(reason -> new Step.Wait(reason, false)));
    }

    /** @return which change of Kubernetes has to end first */
    private static Optional<String> transition(RaftCluster cluster, Live live) {
        String former = " is being deleted with the former RaftCluster of this name";
        if (live.bootstrapOwners().stream().anyMatch(owner -> Live.isFormer(owner, cluster))) {
            return Optional.of("ConfigMap " + Names.of(cluster).bootstrapConfig() + former);
        }
        for (PersistentVolumeClaim claim : live.claims()) {
            String name = "claim " + claim.getMetadata().getName();
            if (claim.getMetadata().getOwnerReferences().stream().anyMatch(owner -> Live.isFormer(owner, cluster))) {
                return Optional.of(name + former + ", whose spec.storage.onDelete was Delete");
            }
            // The claim shows that a cluster exists, but it is being deleted.
            if (live.bootstrap().isEmpty() && claim.getMetadata().getDeletionTimestamp() != null) {
                return Optional.of(name + " of a former cluster is being deleted");
            }
        }
        // A StatefulSet that is being deleted does not report its revision reliably: current pods could look outdated.
        if (live.set()
                .filter(set -> set.getMetadata().getDeletionTimestamp() != null)
                .isPresent()) {
            return Optional.of("the StatefulSet is being deleted");
        }
        // Until its controller has seen the latest change, the status of the StatefulSet has the former revision.
        return live.set()
                .filter(set -> !Views.isSeen(set))
                .map(set -> "the StatefulSet's controller has not seen the latest change yet");
    }

    /** Only the ConfigMap says whether the data that is there belongs to a cluster: without it nothing is planned. */
    private Optional<String> unbegun(RaftCluster cluster, Live live) {
        return live.bootstrap().isPresent()
                ? Optional.empty()
                : Optional.of(refused.of(cluster).stream()
                        .map(RefusedWrite::sentence)
                        .reduce((one, other) -> one + "; " + other)
                        .orElse("ConfigMap " + Names.of(cluster).bootstrapConfig() + " does not exist yet"));
    }

    private void report(RaftCluster cluster, Live live, Observed seen, Step step) {
        RaftClusterStatus before = cluster.getStatus();
        RaftClusterStatus now = StatusReport.of(cluster, seen, step, supporting.image(cluster, live));
        status.write(cluster, now);
        if (cluster.getSpec().hibernated()) {
            metrics.forget(Names.of(cluster));
        } else {
            metrics.show(Names.of(cluster), now.conditions());
        }
        if (step instanceof Step.Wait wait
                && wait.stuck()
                && (before == null || !Objects.equals(now.waitingFor(), before.waitingFor()))) {
            events.warn(cluster, "Stuck", wait.reason());
        }
    }

    private void take(Step step, RaftCluster cluster, Live live) throws InterruptedException {
        boolean taken = attempts.take(cluster, step, () -> steps.take(step, cluster, live));
        if (taken && !(step instanceof Step.Wait || step instanceof Step.Done)) {
            events.record(
                    cluster,
                    step.getClass().getSimpleName(),
                    Sentence.of(Names.of(cluster).members(), step));
        }
    }

    @Override
    public List<EventSource<?, RaftCluster>> prepareEventSources(EventSourceContext<RaftCluster> context) {
        return Watches.of(context);
    }
}
