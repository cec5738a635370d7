package io.raftgres.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.FakeApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus;
import io.raftgres.operator.resource.PodMonitors;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A role of the administrator's own ({@code rbac.create=false}) may lack permissions: only their part is not done. */
class PartialRoleTest {

    private static final String CORE = "/api/v1/namespaces/n/";

    private final FakeApiServer api = new FakeApiServer();
    private final List<RaftClusterStatus> written = new ArrayList<>();
    private final RaftClusterReconciler reconciler;
    private final RaftCluster cluster = Serialization.unmarshal("""
            apiVersion: raftgres.io/v1alpha1
            kind: RaftCluster
            metadata: {name: c, namespace: n, uid: u-1, generation: 1}
            spec:
              replicas: 3
              image: 'node:1'
              imagePullPolicy: IfNotPresent
              storage: {data: {size: 1Gi}, onDelete: Retain}
              postgres: {image: 'postgres:18'}
              history: {revisions: 10, time: 1h}
              scheduling: {spread: Preferred}
              podMonitor: {enabled: false, interval: 30s}
              services: {members: {}}
              paused: false
              hibernated: false
            """, RaftCluster.class);

    PartialRoleTest() throws Exception {
        reconciler = new OperatorBeans(api.client(), written::add).reconciler();
        api.put(cluster);
        api.forbidReads(CORE + "services", CORE + "events", "/apis/" + PodMonitors.API);
    }

    @AfterEach
    void close() {
        api.close();
    }

    /** The operator listed the Services before it took the step, and the exception ended each round. */
    @Test
    void withoutSomeReadsTheStepsAreTakenAndTheConditionHasTheSentences() throws Exception {
        reconciler.reconcile(cluster, null);
        reconciler.reconcile(cluster, null);
        assertTrue(
                api.writes().contains("PATCH statefulsets c"),
                () -> api.writes().toString());
        seen();
        reconciler.reconcile(cluster, null);
        Condition reconciled = written.getLast().conditions().stream()
                .filter(it -> it.getType().equals("Reconciled"))
                .findFirst()
                .orElseThrow();
        assertEquals("False", reconciled.getStatus());
        for (String refused : List.of("Service", "EventList", "PodMonitor")) {
            String sentence = "the API server refuses to read " + refused + " of RaftCluster c: ";
            assertTrue(reconciled.getMessage().contains(sentence), reconciled::getMessage);
        }
    }

    /** The StatefulSet's controller has seen the set, and has not created the pods yet. */
    private void seen() {
        StatefulSet set = api.client()
                .apps()
                .statefulSets()
                .inNamespace("n")
                .withName("c")
                .get();
        api.put(new StatefulSetBuilder(set)
                .editMetadata()
                .withGeneration(1L)
                .withUid("set")
                .endMetadata()
                .withNewStatus()
                .withObservedGeneration(1L)
                .endStatus()
                .build());
    }
}
