package io.raftgres.operator.observe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.guard.UpgradePath;
import io.raftgres.operator.model.ImagePolicy;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.ReleaseVersion;
import io.raftgres.operator.raft.MergedStatus;
import io.raftgres.operator.resource.PodImages;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Compares the images that the spec asks for with those that the pods have, before any pod gets them. An image whose
 * tag names a release that may not follow the running one, or another major version of PostgreSQL, is refused. A tag
 * that names no version is accepted: then the first pod that is replaced shows the release.
 *
 * @param accepted the RaftCluster from which objects are built: with the images in force where the spec's are refused
 */
public record ImageCheck(RaftCluster accepted, ImagePolicy policy) {

    /** Annotation of a RaftCluster: images, separated by commas, that an administrator has allowed. */
    public static final String ALLOW = "raftgres.io/allow-image";

    public static ImageCheck of(RaftCluster cluster, Live live) {
        Optional<PodImages> current = inForce(live);
        String node = Optional.ofNullable(cluster.getSpec().image()).orElse("");
        String postgres = cluster.getSpec().postgres().image();
        boolean nodeAllowed = isAllowed(cluster, node);
        Optional<String> ofNode = nodeAllowed || node.isBlank()
                ? Optional.empty()
                : current.flatMap(it -> objectionToNode(it.node(), node, running(cluster, live)));
        Optional<String> ofPostgres = isAllowed(cluster, postgres) || isWithoutData(live)
                ? Optional.empty()
                : current.flatMap(it -> objectionToPostgres(it.postgres(), postgres));
        List<String> refusals = Stream.of(ofNode, ofPostgres)
                .flatMap(Optional::stream)
                .map(it -> it + ". To use the image all the same, name it in the RaftCluster's annotation " + ALLOW)
                .toList();
        if (refusals.isEmpty()) {
            return new ImageCheck(cluster, new ImagePolicy(Optional.empty(), nodeAllowed));
        }
        RaftCluster accepted = with(
                cluster,
                ofNode.map(it -> current.get().node()),
                ofPostgres.map(it -> current.get().postgres()));
        return new ImageCheck(accepted, new ImagePolicy(Optional.of(String.join("; ", refusals)), nodeAllowed));
    }

    /** A wrong first version may be corrected: no member of the new cluster has run PostgreSQL yet. */
    private static boolean isWithoutData(Live live) {
        return live.bootstrap().filter(it -> !it.formed()).isPresent()
                && live.pods().stream().noneMatch(pod -> PodTrouble.hasRun(pod, "postgres"));
    }

    /** The StatefulSet's images; while it is being recreated, those of a pod. */
    private static Optional<PodImages> inForce(Live live) {
        return live.set()
                .map(set -> set.getSpec().getTemplate().getSpec())
                .or(() -> live.pods().stream()
                        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                        .map(pod -> pod.getSpec())
                        .findFirst())
                .map(PodImages::of);
    }

    /** @return the oldest release of the nodes that answer; without any, the last one that the status has */
    private static Optional<ReleaseVersion> running(RaftCluster cluster, Live live) {
        return MergedStatus.of(live.responses()).stream()
                .flatMap(raft -> raft.members().stream())
                .filter(MemberView::connected)
                .flatMap(member -> ReleaseVersion.parse(member.version()).stream())
                .min(ReleaseVersion::compareTo)
                .or(() -> Optional.ofNullable(cluster.getStatus())
                        .flatMap(status -> ReleaseVersion.parse(status.version())));
    }

    private static boolean isAllowed(RaftCluster cluster, String image) {
        return Optional.ofNullable(cluster.getMetadata().getAnnotations())
                .map(all -> all.get(ALLOW))
                .map(allowed -> List.of(allowed.split(",")))
                .orElse(List.of())
                .stream()
                .anyMatch(each -> each.strip().equals(image));
    }

    static Optional<String> objectionToNode(String current, String wanted, Optional<ReleaseVersion> running) {
        Optional<ReleaseVersion> to = ReleaseVersion.ofImage(wanted);
        // When the tag in force is not the release that the nodes report, such as a date, the new tag says nothing.
        boolean misleads = ReleaseVersion.ofImage(current)
                .filter(tag -> running.filter(tag::isSameRelease).isEmpty())
                .isPresent();
        if (wanted.equals(current) || to.isEmpty() || running.isEmpty() || misleads) {
            return Optional.empty();
        }
        return UpgradePath.objection(running.get(), to.get())
                .map(why -> "spec.image is refused, and no pod gets it: the nodes run release " + running.get()
                        + ", the tag of " + wanted + " says " + to.get() + ", and " + why + ". The pods keep " + current
                        + ". If the tag does not name a release, give the image by its digest alone");
    }

    static Optional<String> objectionToPostgres(String current, String wanted) {
        Optional<Integer> from = ReleaseVersion.postgresMajor(current);
        Optional<Integer> to = ReleaseVersion.postgresMajor(wanted);
        return from.isEmpty() || to.isEmpty() || from.equals(to)
                ? Optional.empty()
                : Optional.of("spec.postgres.image is refused, and no pod gets it: PostgreSQL " + to.get() + " of "
                        + wanted + " cannot read the data of PostgreSQL " + from.get() + ". Set it back to " + current);
    }

    private static RaftCluster with(RaftCluster cluster, Optional<String> node, Optional<String> postgres) {
        ObjectNode copy = (ObjectNode) Serialization.unmarshal(Serialization.asJson(cluster), JsonNode.class);
        ObjectNode spec = (ObjectNode) copy.get("spec");
        node.ifPresent(image -> spec.put("image", image));
        postgres.ifPresent(image -> ((ObjectNode) spec.get("postgres")).put("image", image));
        return Serialization.unmarshal(copy.toString(), RaftCluster.class);
    }
}
