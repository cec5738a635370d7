package io.raftgres.operator.apply;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.model.RefusedWrite.Reason;
import io.raftgres.operator.plan.Step;
import io.raftgres.operator.resource.Names;
import io.raftgres.operator.resource.SpecRefusedException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Carries out one write at a time, so that a refused one stops no other. A refusal is remembered, which makes it part
 * of the status, and reported as an event.
 */
@ApplicationScoped
public class WriteAttempts {

    private static final Logger LOG = Logger.getLogger(WriteAttempts.class);

    /** The kind of a refused change of a member. */
    static final String MEMBER = "Member";

    @Inject
    RefusedWrites refused;

    @Inject
    Events events;

    /** The write of a step. */
    public interface StepWrite {
        void run() throws IOException, InterruptedException;
    }

    /** @return whether the write was refused, and is to be tried later */
    boolean isHeldBack(RaftCluster cluster, String kind, String name) {
        return !refused.mayTry(cluster, kind + "/" + name);
    }

    /**
     * @param write returns whether it wrote something
     * @return the same; false when it was refused, or was refused before and is to be tried later
     * @throws KubernetesClientException when the API server cannot be reached
     */
    public boolean write(RaftCluster cluster, String kind, String name, BooleanSupplier write) {
        return write(cluster, kind + "/" + name, kind, name, write);
    }

    /**
     * Carries out one of several changes of the same object. Each has a pause of its own: the success of one says
     * nothing about another.
     *
     * @param change what is written, such as {@code label}
     * @param needed if not, an earlier refusal of this change is over
     */
    public void write(RaftCluster cluster, String kind, String name, String change, boolean needed, Runnable write) {
        String key = kind + "/" + name + " " + change;
        if (!needed) {
            refused.succeeded(cluster, key);
            return;
        }
        write(cluster, key, kind, name, () -> {
            write.run();
            return true;
        });
    }

    private boolean write(RaftCluster cluster, String key, String kind, String name, BooleanSupplier write) {
        if (!refused.mayTry(cluster, key)) {
            return false;
        }
        try {
            boolean written = write.getAsBoolean();
            refused.succeeded(cluster, key);
            return written;
        } catch (KubernetesClientException e) {
            if (ApiRefusal.isUnreachable(e)) {
                throw e;
            }
            refuse(cluster, key, false, of(kind, name, e));
        } catch (ServerSideApply.NotOursException e) {
            refuse(cluster, key, false, new RefusedWrite(kind, name, Reason.NOT_OURS, e.getMessage()));
        } catch (SpecRefusedException e) {
            refuse(cluster, key, false, of(kind, name, e));
        } catch (RuntimeException e) {
            LOG.errorf(e, "the operator failed to write %s %s", kind, name);
            refuse(cluster, key, false, of(kind, name, e));
        }
        return false;
    }

    /**
     * Reads what only a part of the reconciliation needs: a refusal stops nothing else.
     *
     * @param kind of the objects, such as {@code ServiceList}
     * @return empty when the read was refused, or was refused before and is to be tried later
     * @throws KubernetesClientException when the API server cannot be reached
     */
    public <T> Optional<T> read(RaftCluster cluster, String kind, Supplier<T> read) {
        String name = cluster.getMetadata().getName();
        String key = "read " + kind + "/" + name;
        if (!refused.mayTry(cluster, key)) {
            return Optional.empty();
        }
        try {
            T found = read.get();
            refused.succeeded(cluster, key);
            return Optional.of(found);
        } catch (KubernetesClientException e) {
            if (ApiRefusal.isUnreachable(e)) {
                throw e;
            }
            refuse(cluster, key, false, ofRead(kind, name, e));
        }
        return Optional.empty();
    }

    /**
     * Changes a member by a call of a node.
     *
     * @param event the change as one word, such as {@code AdvertiseMember}
     * @param sentence what did not happen, to which the reason is added
     * @return whether it was changed; false when it was refused, or was refused before and is to be tried later
     */
    boolean change(RaftCluster cluster, String member, String event, String sentence, StepWrite call)
            throws InterruptedException {
        String key = MEMBER + "/" + member;
        if (!refused.mayTry(cluster, key)) {
            return false;
        }
        try {
            call.run();
            refused.succeeded(cluster, key);
            return true;
        } catch (IOException e) {
            String why = ApiRefusal.oneLine(e.getMessage() == null ? e.toString() : e.getMessage());
            String whole = sentence + ": " + why + ". The operator tries again";
            refused.refused(cluster, key, new RefusedWrite(MEMBER, member, Reason.FAILED, whole), false);
            events.warn(cluster, event + "Failed", whole);
            return false;
        }
    }

    /** Ends the refusal of a {@link #change} that is not wanted any more. */
    void unchanged(RaftCluster cluster, String member) {
        refused.succeeded(cluster, MEMBER + "/" + member);
    }

    /**
     * @return whether the step was taken; false when its premises have changed, and when it was refused
     * @throws KubernetesClientException when the API server cannot be reached
     */
    public boolean take(RaftCluster cluster, Step step, StepWrite write) throws InterruptedException {
        try {
            write.run();
            refused.succeeded(cluster, step.key());
            return true;
        } catch (KubernetesClientException e) {
            if (ApiRefusal.isUnreachable(e)) {
                throw e;
            }
            if (ApiRefusal.isStateChange(e)) {
                LOG.infof(
                        "the state of RaftCluster %s has changed, so the operator plans again: %s",
                        cluster.getMetadata().getName(), e.getMessage());
                return false;
            }
            refuse(cluster, step.key(), true, of(kind(step), name(Names.of(cluster), step), e));
        } catch (SpecRefusedException e) {
            refuse(cluster, step.key(), true, of(kind(step), name(Names.of(cluster), step), e));
        } catch (IOException e) {
            refuse(cluster, step.key(), true, of(kind(step), name(Names.of(cluster), step), e));
        }
        return false;
    }

    private static String kind(Step step) {
        return switch (step) {
            case Step.CreateSet it -> "StatefulSet";
            case Step.SetReplicas it -> "StatefulSet";
            case Step.RecreateSet it -> "StatefulSet";
            case Step.DeleteClaim it -> "PersistentVolumeClaim";
            case Step.ResizeClaim it -> "PersistentVolumeClaim";
            case Step.RestartPod it -> "Pod";
            case Step.StartRecovery it -> "Pod";
            case Step.RemoveRecovery it -> "Pod";
            case Step.MarkFormed it -> "ConfigMap";
            case Step.EndRecovery it -> "ConfigMap";
            case Step.TransferLeadership it -> MEMBER;
            case Step.RemoveMember it -> MEMBER;
            case Step.Wait it -> "RaftCluster";
            case Step.Done it -> "RaftCluster";
        };
    }

    private static String name(Names names, Step step) {
        return switch (step) {
            case Step.DeleteClaim it -> names.claim(it.kind(), it.ordinal());
            case Step.ResizeClaim it -> names.claim(it.kind(), it.ordinal());
            case Step.RestartPod it -> names.member(it.ordinal());
            case Step.StartRecovery it -> names.recoveryPod();
            case Step.RemoveRecovery it -> names.recoveryPod();
            case Step.MarkFormed it -> names.bootstrapConfig();
            case Step.EndRecovery it -> names.bootstrapConfig();
            case Step.TransferLeadership it -> it.to();
            case Step.RemoveMember it -> it.name();
            default -> names.cluster();
        };
    }

    /** @return whether a refusal that was found stands, and its pause is not over */
    boolean isReported(RaftCluster cluster, String kind, String name) {
        return !refused.mayTry(cluster, found(kind, name));
    }

    /** Ends a refusal that was found: it is over, or its object is not wanted any more. */
    void unwanted(RaftCluster cluster, String kind, String name) {
        refused.succeeded(cluster, found(kind, name));
    }

    /** @return whether a refusal that was found stands */
    boolean isFound(RaftCluster cluster, String kind, String name) {
        return refused.isRefused(cluster, found(kind, name));
    }

    private static String found(String kind, String name) {
        return RefusedWrites.FOUND + kind + "/" + name;
    }

    /** Remembers a refusal that was found otherwise than by a write of the operator. */
    void refuse(RaftCluster cluster, RefusedWrite write) {
        String key = found(write.kind(), write.name());
        if (refused.mayTry(cluster, key)) {
            refuse(cluster, key, false, write);
        }
    }

    private void refuse(RaftCluster cluster, String key, boolean isStep, RefusedWrite write) {
        refused.refused(cluster, key, write, isStep);
        events.warn(cluster, (isStep ? key.replaceFirst(" .*", "") : write.kind()) + "Failed", write.sentence());
    }

    private static RefusedWrite ofRead(String kind, String name, KubernetesClientException e) {
        Reason reason = ApiRefusal.reason(e);
        String what = kind + " of RaftCluster " + name;
        return new RefusedWrite(
                kind,
                name,
                reason,
                reason == Reason.REFUSED
                        ? "the API server refuses to read " + what + ": " + ApiRefusal.sentence(e)
                                + ". Correct the operator's role, or the policy that the sentence names"
                        : "the API server could not read " + what + ": " + ApiRefusal.sentence(e)
                                + ". The operator tries again");
    }

    private static RefusedWrite of(String kind, String name, KubernetesClientException e) {
        Reason reason = ApiRefusal.reason(e);
        return new RefusedWrite(
                kind,
                name,
                reason,
                reason == Reason.REFUSED
                        ? "the API server refuses a write of " + kind + " " + name + ": " + ApiRefusal.sentence(e)
                                + ". Correct the RaftCluster's spec, or the quota, policy, webhook or role that the"
                                + " sentence names"
                        : kind + " " + name + " could not be written: " + ApiRefusal.sentence(e)
                                + ". The operator tries again");
    }

    private static RefusedWrite of(String kind, String name, SpecRefusedException e) {
        return new RefusedWrite(kind, name, Reason.REFUSED, e.getMessage());
    }

    private static RefusedWrite of(String kind, String name, Exception e) {
        return new RefusedWrite(
                kind,
                name,
                Reason.FAILED,
                kind + " " + name + " failed: "
                        + ApiRefusal.oneLine(e.getMessage() == null ? e.toString() : e.getMessage())
                        + ". The operator tries again");
    }
}
