package io.raftgres.operator.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.raftgres.operator.resource.Hash;
import io.raftgres.operator.resource.Names;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Applies objects on the server side, under one field manager. It writes only when the wanted object has changed,
 * according to a hash in an annotation, or when a live field of ours differs. A comparison with the whole live object
 * would always find differences, because the API server adds fields.
 */
@ApplicationScoped
public class ServerSideApply {

    /** So many fields are named in a report. */
    private static final int DROPPED_MAX = 5;

    public static final String HASH = "raftgres.io/hash";

    @Inject
    KubernetesClient client;

    /** @return whether the object was written */
    public boolean apply(HasMetadata wanted) {
        return apply(wanted, client.resource(wanted).get());
    }

    /**
     * @param live the object as it was read; null when there is none
     * @return whether the object was written
     */
    boolean apply(HasMetadata wanted, HasMetadata live) {
        if (live != null) {
            requireOurs(wanted, live);
            if (upToDate(wanted, live)) {
                return false;
            }
        }
        write(wanted);
        return true;
    }

    /**
     * Writes the object without a comparison.
     *
     * @return what the API server has made of it
     */
    public HasMetadata write(HasMetadata wanted) {
        return client.resource(marked(wanted))
                .fieldManager(Names.MANAGER)
                .forceConflicts()
                .serverSideApply();
    }

    /** @return the same object with its hash */
    private static HasMetadata marked(HasMetadata wanted) {
        Map<String, String> annotations = new TreeMap<>();
        if (wanted.getMetadata().getAnnotations() != null) {
            annotations.putAll(wanted.getMetadata().getAnnotations());
        }
        annotations.put(HASH, Hash.of(wanted));
        wanted.getMetadata().setAnnotations(annotations);
        return wanted;
    }

    /** @return whether {@link #apply} would write nothing if this object is the live one */
    boolean isUpToDate(HasMetadata wanted, HasMetadata live) {
        return ours(wanted, live) && upToDate(wanted, live);
    }

    private boolean upToDate(HasMetadata wanted, HasMetadata live) {
        Map<String, String> annotations = live.getMetadata().getAnnotations();
        return annotations != null && Hash.of(wanted).equals(annotations.get(HASH)) && !drifted(wanted, live);
    }

    /** @return whether a wanted field has another value in the live object */
    public boolean drifted(HasMetadata wanted, HasMetadata live) {
        return !Contains.all(tree(wanted), tree(live));
    }

    /**
     * @return the wanted fields that the written object lacks, because the API server has dropped them without an
     *     error; an empty text when it has all
     */
    String dropped(HasMetadata wanted, HasMetadata written) {
        List<String> missing = Contains.missing(tree(wanted), tree(written));
        return missing.stream().limit(DROPPED_MAX).collect(Collectors.joining(", "))
                + (missing.size() > DROPPED_MAX ? " and others" : "");
    }

    private JsonNode tree(HasMetadata object) {
        ObjectNode tree = client.getKubernetesSerialization().convertValue(object, ObjectNode.class);
        tree.remove("status");
        return tree;
    }

    /** Deletes an unwanted object, if it exists and belongs to this cluster. */
    public void remove(HasMetadata unwanted) {
        HasMetadata live = client.resource(unwanted).get();
        if (live != null && ours(unwanted, live)) {
            client.resource(live).delete();
        }
    }

    /** @throws NotOursException when the live object lacks the label of the wanted one's cluster */
    static void requireOurs(HasMetadata wanted, HasMetadata live) {
        if (!ours(wanted, live)) {
            throw new NotOursException(live.getKind() + " " + live.getMetadata().getName() + " exists already and"
                    + " does not belong to RaftCluster"
                    + " " + wanted.getMetadata().getLabels().get(Names.CLUSTER_LABEL) + ": delete it, or give the"
                    + " RaftCluster another name");
        }
    }

    private static boolean ours(HasMetadata wanted, HasMetadata live) {
        Map<String, String> labels = live.getMetadata().getLabels();
        return labels != null
                && wanted.getMetadata().getLabels().get(Names.CLUSTER_LABEL).equals(labels.get(Names.CLUSTER_LABEL));
    }

    /** Another object has the wanted name; an administrator has to delete it or rename the cluster. */
    public static final class NotOursException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotOursException(String message) {
            super(message);
        }
    }
}
