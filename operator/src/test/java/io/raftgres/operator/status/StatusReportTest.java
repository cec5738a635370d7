package io.raftgres.operator.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus.MemberStatus;
import io.raftgres.operator.model.SetView;
import io.raftgres.operator.plan.Scene;
import io.raftgres.operator.plan.Step;
import io.raftgres.operator.resource.StatefulSets;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What a RaftCluster's status says, beyond the conditions' sentences. */
class StatusReportTest {

    private static final String IMAGE = "node:1";

    private static RaftCluster cluster(int generation, String memory) {
        return Serialization.unmarshal("""
                apiVersion: raftgres.io/v1alpha1
                kind: RaftCluster
                metadata: {name: c, namespace: ns, uid: u-1, generation: %d}
                spec:
                  replicas: 3
                  resources: {requests: {memory: %s}}
                  storage: {data: {size: 1Gi}, onDelete: Retain}
                  postgres: {image: 'postgres:18'}
                  history: {revisions: 10, time: 1h}
                  scheduling: {spread: Preferred}
                """.formatted(generation, memory), RaftCluster.class);
    }

    private static Scene scene(String template) {
        Scene scene = Scene.of(3);
        scene.set = Optional.of(new SetView("set", 3, "r1", 10, OptionalLong.empty(), template));
        return scene;
    }

    private static RaftClusterStatus status(RaftCluster cluster, Scene scene, Step step) {
        return StatusReport.of(cluster, scene.seen(), step, IMAGE);
    }

    private static Condition ready(RaftClusterStatus status) {
        return status.conditions().stream()
                .filter(each -> each.getType().equals("Ready"))
                .findFirst()
                .orElseThrow();
    }

    /** {@code kubectl wait} after an apply reads exactly this: a status that is true too early ends it too early. */
    @Test
    void aNewSpecIsReadyOnlyWhenItsPodTemplateIsInForce() {
        String old = StatefulSets.templateOf(cluster(1, "1Gi"), IMAGE);
        RaftCluster changed = cluster(2, "2Gi");
        for (String template : new String[] {old, ""}) {
            RaftClusterStatus status = status(changed, scene(template), new Step.Done());
            assertEquals("False", ready(status).getStatus());
            assertEquals(2, ready(status).getObservedGeneration());
            assertEquals(0, status.updatedReplicas());
            assertEquals("Progressing", status.state());
        }
        RaftClusterStatus status = status(changed, scene(StatefulSets.templateOf(changed, IMAGE)), new Step.Done());
        assertEquals("True", ready(status).getStatus());
        assertEquals(3, status.updatedReplicas());
        assertEquals("Ready", status.state());
    }

    @Test
    void membersWithoutALeaderTellTheEndOfTheirLogs() {
        Scene scene = scene("").noLeader().logEnd(1, 4, 100, 90).silent(2);
        RaftClusterStatus status = status(cluster(1, "1Gi"), scene, new Step.Wait("no leader", false));
        MemberStatus one = status.members().get(1);
        assertEquals(4, one.lastTerm());
        assertEquals(100, one.lastIndex());
        assertNull(one.matchIndex());
        assertNull(status.members().get(2).lastIndex());
        MemberStatus led =
                status(cluster(1, "1Gi"), scene(""), new Step.Done()).members().get(1);
        assertEquals(100, led.matchIndex());
        assertNull(led.lastIndex());
    }

    /** As texts, 0.10.0 came before 0.9.0. */
    @Test
    void theOldestVersionIsFoundByItsNumbers() {
        Scene scene = scene("").release(0, "0.10.0").release(1, "0.9.0").release(2, "0.10.1");
        assertEquals("0.9.0", status(cluster(1, "1Gi"), scene, new Step.Done()).version());
        RaftCluster asleep = cluster(1, "1Gi");
        asleep.setStatus(Serialization.unmarshal("{\"version\":\"0.9.0\"}", RaftClusterStatus.class));
        assertEquals(
                "0.9.0", status(asleep, scene.noResponse(), new Step.Done()).version());
    }

    @Test
    void theStatusIsBounded() {
        Scene scene = scene("");
        for (int ordinal = 3; ordinal < 100; ordinal++) {
            scene.members.put(ordinal, Scene.member(ordinal));
            scene.learner(ordinal);
        }
        RaftClusterStatus status =
                status(cluster(1, "1Gi"), scene, new Step.Wait("two\n  lines " + "x".repeat(10_000), true));
        assertEquals(32, status.members().size());
        assertTrue(status.members().stream().anyMatch(member -> member.name().equals("c-2")));
        assertTrue(status.waitingFor().startsWith("two lines x")
                && status.waitingFor().length() == 1500);
        status.conditions()
                .forEach(each -> assertTrue(
                        each.getMessage().length() <= 1500 && !each.getMessage().contains("\n")));
    }
}
