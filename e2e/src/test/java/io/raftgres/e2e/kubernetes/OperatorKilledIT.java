package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** The operator is killed in the middle of its steps, and is away while the spec changes: the next one goes on from there. */
@OnKubernetes
class OperatorKilledIT {

    private static final Duration GAP_MOST = Duration.ofSeconds(2);
    private static final Duration SETTLED_WITHIN = Duration.ofMinutes(4);
    private static final int KILLS_MOST = 2;
    private static final int LIFE_MILLIS_MOST = 4_000;

    @Test
    void itIsKilledWhileItScalesAndRolls(RaftCluster cluster, Operator operator) throws Exception {
        long seed = Long.getLong("e2e.seed", System.nanoTime());
        System.out.println("--> -De2e.seed=" + seed);
        Random random = new Random(seed);
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            killedWhile("from 3 to 5", cluster, client, operator, random, "spec: {replicas: 5}", 5);
            killedWhile("rolling update", cluster, client, operator, random,
                    "spec: {podAnnotations: {e2e/seed: '" + seed + "'}}", 5);
            killedWhile("from 5 to 3", cluster, client, operator, random, "spec: {replicas: 3}", 3);
        }
    }

    @Test
    void theSpecChangesWhileItIsAway(RaftCluster cluster, Operator operator) throws Exception {
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            client.gap("rolling update that the operator finds when it comes", GAP_MOST, () -> {
                Map<String, String> before = cluster.uids();
                operator.scale(false);
                try {
                    cluster.patch("spec: {podAnnotations: {e2e/away: '" + System.nanoTime() + "'}}");
                } finally {
                    operator.scale(true);
                }
                RollingUpdateIT.awaitAllNew(cluster, before);
            });
        }
    }

    private static void killedWhile(String what, RaftCluster cluster, ClientPod client, Operator operator, Random random,
            String patch, int replicas) throws Exception {
        client.gap(what + ", the operator killed meanwhile", GAP_MOST, () -> {
            cluster.patch(patch);
            AtomicBoolean settled = new AtomicBoolean();
            Thread killer = Thread.ofVirtual().start(() -> kill(operator, random, settled));
            try {
                cluster.awaitSettled(replicas, SETTLED_WITHIN);
            } finally {
                settled.set(true);
                killer.interrupt();
                assertTrue(killer.join(Duration.ofMinutes(2)), "the killer ends");
                operator.awaitReady();
            }
        });
    }

    private static void kill(Operator operator, Random random, AtomicBoolean settled) {
        try {
            for (int kill = 0; kill < KILLS_MOST && !settled.get(); kill++) {
                TimeUnit.MILLISECONDS.sleep(random.nextInt(LIFE_MILLIS_MOST));
                operator.kill();
                System.out.println("--> the operator was killed");
                operator.awaitReady();
            }
        } catch (InterruptedException e) {
            // All is done.
        } catch (Exception e) {
            System.out.println("--> the operator could not be killed: " + e);
        }
    }
}
