package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The operator is killed in the middle of its steps, and is down while the spec changes. The next one continues from
 * there.
 */
@Tag("long")
@OnKubernetes
class OperatorKilledIT {

    private static final Duration GAP_MOST = Duration.ofSeconds(2);
    private static final Duration SETTLED_WITHIN = Duration.ofMinutes(4);
    private static final int KILLS_MOST = 2;
    private static final int LIFE_MILLIS_MOST = 4_000;

    @Test
    void operatorIsKilledWhileItScales(RaftCluster cluster, Operator operator) throws Exception {
        long seed = Long.getLong("e2e.seed", System.nanoTime());
        System.out.println("--> -De2e.seed=" + seed);
        Random random = new Random(seed);
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            killedWhile("from 3 to 5", client, operator, random, () -> {
                cluster.patch("spec: {replicas: 5}");
                cluster.awaitSettled(5, SETTLED_WITHIN);
            });
            killedWhile("from 5 to 3", client, operator, random, () -> {
                cluster.patch("spec: {replicas: 3}");
                cluster.awaitSettled(3, SETTLED_WITHIN);
            });
        }
    }

    @Test
    void specChangesWhileTheOperatorIsStopped(RaftCluster cluster, Operator operator) throws Exception {
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            client.gap("rolling update that the operator finds when it comes", GAP_MOST, () -> {
                Map<String, String> before = cluster.uids();
                operator.scale(0);
                try {
                    cluster.patch("spec: {podAnnotations: {e2e/stopped: '" + System.nanoTime() + "'}}");
                } finally {
                    operator.scale(1);
                }
                RollingUpdateIT.awaitAllNew(cluster, before);
            });
        }
    }

    /** Of two operators one is active. When it is lost, the other takes over as soon as the Lease has expired. */
    @Test
    void standbyOperatorTakesOver(RaftCluster cluster, Operator operator) throws Exception {
        operator.scale(2);
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            client.gap("rolling update, the operator that works killed, another standing by", GAP_MOST, () -> {
                Map<String, String> before = cluster.uids();
                cluster.patch("spec: {podAnnotations: {e2e/standby: '" + System.nanoTime() + "'}}");
                cluster.await(
                        "the first pod to be replaced",
                        SETTLED_WITHIN,
                        () -> !cluster.uids().equals(before));
                String worked = operator.working();
                operator.kill(worked);
                Kubernetes.await(
                        "another to work",
                        SETTLED_WITHIN,
                        () -> operator.working().equals(worked) ? null : true);
                RollingUpdateIT.awaitAllNew(cluster, before);
            });
        } finally {
            operator.scale(1);
        }
    }

    private static void killedWhile(
            String what, ClientPod client, Operator operator, Random random, ClientPod.Operation operation)
            throws Exception {
        client.gap(what + ", the operator killed meanwhile", GAP_MOST, () -> {
            AtomicBoolean settled = new AtomicBoolean();
            Thread killer = Thread.ofVirtual().start(() -> kill(operator, random, settled));
            try {
                operation.run();
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
            // All steps are done.
        } catch (Exception e) {
            System.out.println("--> the operator could not be killed: " + e);
        }
    }
}
