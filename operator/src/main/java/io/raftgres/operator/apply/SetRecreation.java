package io.raftgres.operator.apply;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.resource.StatefulSets;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.HttpURLConnection;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Prepares the deletion of a StatefulSet that is created again with larger claim templates.
 *
 * <p>The new set has the pod template of the deleted one, if the spec asks for the same pods: otherwise a newer
 * operator's template would restart all of them. The operator keeps that template only in memory. If the operator ends
 * between deletion and creation, the set is created with its own template.
 */
@Singleton
public class SetRecreation {

    private static final int KEPT_MAX = 1_000;

    /** The end of a refusal by a quota that limits nothing but the number of StatefulSets. */
    private static final Pattern FULL_QUOTA = Pattern.compile(
            "exceeded quota: [^, ]+, requested: COUNT=1, used: COUNT=(?<used>\\w+), limited: COUNT=(?<limit>\\w+)$"
                    .replace("COUNT", "count/statefulsets\\.apps"));

    @Inject
    KubernetesClient client;

    /** The sets that were deleted and are not created yet, by the uid of the RaftCluster; the oldest are dropped. */
    private final Map<String, StatefulSet> deleted = new BoundedMap<>(KEPT_MAX);

    /**
     * Asks the API server for the creation without carrying it out. Without this, a set could be deleted that cannot be
     * created again, because of a quota or a policy for example.
     *
     * @throws KubernetesClientException when the API server refuses the set
     */
    void prepare(RaftCluster cluster, StatefulSet live, StatefulSet built) {
        try {
            client.resource(withTemplateOf(live, built)).dryRun().create();
        } catch (KubernetesClientException e) {
            // The API server looks for an object of the same name last, and for quotas just before that: it accepts
            // everything else.
            if (!isThere(e) && !isOwnPlace(e)) {
                throw e;
            }
        }
        synchronized (deleted) {
            deleted.put(cluster.getMetadata().getUid(), live);
        }
    }

    private static boolean isThere(KubernetesClientException e) {
        return e.getCode() == HttpURLConnection.HTTP_CONFLICT
                && e.getStatus() != null
                && "AlreadyExists".equals(e.getStatus().getReason());
    }

    /**
     * Whether only a quota refuses the set, and counts the set that is to be deleted: that one makes place for it.
     * Until the quota's controller has counted again, the creation is refused, and the operator repeats it.
     */
    private static boolean isOwnPlace(KubernetesClientException e) {
        Matcher quota = FULL_QUOTA.matcher(ApiRefusal.sentence(e));
        return e.getCode() == HttpURLConnection.HTTP_FORBIDDEN
                && quota.find()
                && Quantity.parse(quota.group("used")).compareTo(Quantity.parse(quota.group("limit"))) <= 0;
    }

    /** @return the set to create: with the pod template of the deleted one, if there was one of the same spec */
    StatefulSet wanted(RaftCluster cluster, StatefulSet built) {
        StatefulSet before;
        synchronized (deleted) {
            before = deleted.get(cluster.getMetadata().getUid());
        }
        return before == null ? built : withTemplateOf(before, built);
    }

    void created(RaftCluster cluster) {
        synchronized (deleted) {
            deleted.remove(cluster.getMetadata().getUid());
        }
    }

    private static StatefulSet withTemplateOf(StatefulSet live, StatefulSet built) {
        if (!StatefulSets.templateOf(live).equals(StatefulSets.templateOf(built))) {
            return built;
        }
        return new StatefulSetBuilder(built)
                .editMetadata()
                .addToAnnotations(
                        StatefulSets.BUILD, live.getMetadata().getAnnotations().getOrDefault(StatefulSets.BUILD, ""))
                .endMetadata()
                .editSpec()
                .withTemplate(live.getSpec().getTemplate())
                .endSpec()
                .build();
    }
}
