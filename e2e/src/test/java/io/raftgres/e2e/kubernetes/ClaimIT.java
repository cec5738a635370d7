package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A deleted claim costs one member, which the operator replaces. All claims grow while the pods run. */
@Tag("long")
@OnKubernetes
class ClaimIT {

    private static final Duration GAP_MOST = Duration.ofSeconds(2);
    private static final Duration DONE_WITHIN = Duration.ofSeconds(120);

    @Test
    void memberWithADeletedClaimReturnsUnderANewIdentity(RaftCluster cluster) throws Exception {
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            String pod = cluster.follower();
            String claim = "data-" + pod;
            String member = cluster.memberId(pod);
            String uid = cluster.claims().get(claim).getMetadata().getUid();
            client.gap("the claim of a follower deleted", GAP_MOST, () -> {
                Shell.run("kubectl", "-n", cluster.namespace(), "delete", "pvc", claim, "--wait=false");
                cluster.await("another claim " + claim, DONE_WITHIN, () -> {
                    var now = cluster.claims().get(claim);
                    return now != null && !now.getMetadata().getUid().equals(uid);
                });
                cluster.awaitSettled(3);
            });
            assertNotEquals(member, cluster.memberId(pod), "the identity of " + pod);
        }
    }

    @Test
    void claimsGrowWithoutARestart(RaftCluster cluster) throws Exception {
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            Map<String, String> before = cluster.uids();
            Quantity wanted = new Quantity("2Gi");
            client.gap("claims grown", GAP_MOST, () -> {
                cluster.patch("spec: {storage: {data: {size: 2Gi}}}");
                cluster.await(
                        "claims of 2Gi",
                        DONE_WITHIN,
                        () -> cluster.claims().values().stream()
                                .allMatch(claim -> wanted.equals(
                                        claim.getStatus().getCapacity().get("storage"))));
                cluster.awaitSettled(3);
            });
            assertEquals(before, cluster.uids(), "the pods stay");
            var template = Kubernetes.CLIENT
                    .apps()
                    .statefulSets()
                    .inNamespace(cluster.namespace())
                    .withName(cluster.name())
                    .get()
                    .getSpec()
                    .getVolumeClaimTemplates()
                    .getFirst();
            assertEquals(
                    wanted,
                    template.getSpec().getResources().getRequests().get("storage"),
                    "what the claims of further pods will have");
            cluster.patch("spec: {storage: {data: {size: 1Gi}}}");
            cluster.await(
                    "the condition Reconciled to name the claims",
                    DONE_WITHIN,
                    () -> cluster.json()
                            .path("status")
                            .path("conditions")
                            .toString()
                            .contains("claims cannot shrink: data-"));
        }
    }
}
