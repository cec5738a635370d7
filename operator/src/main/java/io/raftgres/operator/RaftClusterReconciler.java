package io.raftgres.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus;
import io.raftgres.operator.apply.DataDeletion;
import io.raftgres.operator.apply.Events;
import io.raftgres.operator.apply.Steps;
import io.raftgres.operator.apply.SupportingResources;
import io.raftgres.operator.condition.Sentence;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RaftView;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.observe.Observer;
import io.raftgres.operator.observe.Views;
import io.raftgres.operator.plan.Planner;
import io.raftgres.operator.plan.Step;
import io.raftgres.operator.resource.Names;
import io.raftgres.operator.status.ConditionMetrics;
import io.raftgres.operator.status.StatusReport;
import io.raftgres.operator.status.StatusWriter;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * Reconciles a RaftCluster: observes it, writes the supporting resources, plans, reports the status and takes one step.
 */
@ControllerConfiguration(name = "raftcluster")
@GradualRetry(maxAttempts = Integer.MAX_VALUE, initialInterval = 1000, intervalMultiplier = 1.5, maxInterval = 15_000)
public class RaftClusterReconciler implements Reconciler<RaftCluster> {

    private static final Logger LOG = Logger.getLogger(RaftClusterReconciler.class);
    private static final int UNPROCESSABLE = 422;
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
    Steps steps;

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
            throws IOException, InterruptedException {
        // A decision to delete data must never depend on a cache.
        RaftCluster cluster = client.resource(cached).get();
        if (cluster == null) {
            metrics.forget(Names.of(cached));
            return UpdateControl.noUpdate();
        }
        if (isGone(cluster)) {
            UpdateControl<RaftCluster> control = UpdateControl.noUpdate();
            return deletion.finish(cluster) ? control : control.rescheduleAfter(WAITING);
        }
        try {
            deletion.prepare(cluster);
            return reconcile(cluster);
        } catch (KubernetesClientException e) {
            // If the RaftCluster was deleted meanwhile, a failed write does not matter.
            RaftCluster now = client.resource(cached).get();
            if (!isGone(now)
                    && now.getMetadata().getUid().equals(cluster.getMetadata().getUid())) {
                throw e;
            }
            LOG.infof(
                    "RaftCluster %s was deleted during its reconciliation:" + " %s",
                    cluster.getMetadata().getName(), e.getMessage());
            return UpdateControl.noUpdate();
        }
    }

    private static boolean isGone(RaftCluster cluster) {
        return cluster == null || cluster.getMetadata().getDeletionTimestamp() != null;
    }

    private UpdateControl<RaftCluster> reconcile(RaftCluster cluster) throws IOException, InterruptedException {
        Live live = observer.look(Names.of(cluster));
        Optional<String> hindrance = hindrance(cluster, live);
        if (hindrance.isEmpty()) {
            deletion.disown(live.claims());
        }
        if (hindrance.isEmpty() && !cluster.getSpec().paused() && supporting.apply(cluster, live)) {
            live = observer.look(Names.of(cluster));
            // The StatefulSet may have been written: until its controller has seen that, old pods look current.
            hindrance = hindrance(cluster, live);
        }
        Observed seen = Views.of(cluster, live);
        Step step = hindrance.<Step>map(reason -> new Step.Wait(reason, false)).orElseGet(() -> planner.plan(seen));
        report(cluster, live, seen, step);
        if (!cluster.getSpec().paused()) {
            supporting.budget(cluster, seen, step);
            supporting.markLeader(live, seen.raft().flatMap(RaftView::leader));
            take(step, cluster, live);
        }
        return UpdateControl.<RaftCluster>noUpdate()
                .rescheduleAfter(
                        switch (step) {
                            case Step.Done done -> QUIET;
                            case Step.Wait wait -> WAITING;
                            default -> SOON;
                        });
    }

    /** @return why no step can be planned yet; empty when it can */
    static Optional<String> hindrance(RaftCluster cluster, Live live) {
        for (PersistentVolumeClaim claim : live.claims()) {
            for (OwnerReference owner : claim.getMetadata().getOwnerReferences()) {
                if (owner.getKind().equals(cluster.getKind())
                        && !owner.getUid().equals(cluster.getMetadata().getUid())) {
                    return Optional.of("claim " + claim.getMetadata().getName() + " is being deleted with the former"
                            + " RaftCluster of this name, whose spec.storage.onDelete was Delete");
                }
            }
            // The claim shows that a cluster exists, but it is being deleted.
            if (live.bootstrap().isEmpty() && claim.getMetadata().getDeletionTimestamp() != null) {
                return Optional.of("claim " + claim.getMetadata().getName() + " of a former cluster is being deleted");
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

    /**
     * Takes the step. A refusal because the state has changed leads to a new plan. A failure is tried again, with an
     * event.
     */
    private void take(Step step, RaftCluster cluster, Live live) throws IOException, InterruptedException {
        try {
            steps.take(step, cluster, live);
            if (!(step instanceof Step.Wait || step instanceof Step.Done)) {
                events.record(
                        cluster,
                        step.getClass().getSimpleName(),
                        Sentence.of(Names.of(cluster).members(), step));
            }
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT && e.getCode() != UNPROCESSABLE) {
                events.warn(cluster, step.getClass().getSimpleName() + "Failed", String.valueOf(e.getMessage()));
                throw e;
            }
            LOG.infof(
                    "the state of RaftCluster %s has changed, so the operator plans again: %s",
                    cluster.getMetadata().getName(), e.getMessage());
        } catch (IOException e) {
            events.warn(cluster, step.getClass().getSimpleName() + "Failed", String.valueOf(e.getMessage()));
            throw e;
        }
    }

    /** A change of any of these objects starts a reconciliation. */
    @Override
    public List<EventSource<?, RaftCluster>> prepareEventSources(EventSourceContext<RaftCluster> context) {
        return List.of(
                source(Pod.class, context),
                source(StatefulSet.class, context),
                source(PersistentVolumeClaim.class, context));
    }

    private static <R extends HasMetadata> EventSource<R, RaftCluster> source(
            Class<R> type, EventSourceContext<RaftCluster> context) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(type, RaftCluster.class)
                        .withLabelSelector("app.kubernetes.io/managed-by=" + Names.MANAGER + "," + Names.CLUSTER_LABEL)
                        .withSecondaryToPrimaryMapper(one -> Set.of(new ResourceID(
                                one.getMetadata().getLabels().get(Names.CLUSTER_LABEL),
                                one.getMetadata().getNamespace())))
                        .withNamespacesInheritedFromController()
                        .build(),
                context);
    }
}
