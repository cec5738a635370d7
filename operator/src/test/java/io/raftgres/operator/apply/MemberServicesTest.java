package io.raftgres.operator.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.raftgres.operator.api.FakeApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.observe.ObjectReader;
import io.raftgres.operator.raft.NodeClient;
import io.raftgres.operator.raft.NodeResponse;
import io.raftgres.operator.raft.NodeResponse.ClusterView;
import io.raftgres.operator.raft.NodeResponse.Member;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is refused of the members' Services and addresses is an outcome, and stops nothing else. */
class MemberServicesTest {

    private static final String LIST = "/api/v1/namespaces/n/services";

    private final FakeApiServer api;
    private final MemberServices services = new MemberServices();
    private final Map<String, String> advertised = new TreeMap<>();
    private final List<String> calls = new ArrayList<>();
    private final Map<String, NodeResponse> responses = new HashMap<>();
    private boolean silent;
    private Instant now = Instant.EPOCH;

    MemberServicesTest() throws Exception {
        api = new FakeApiServer();
        services.client = api.client();
        services.apply = new ServerSideApply();
        services.apply.client = api.client();
        services.events = new Events();
        services.events.client = api.client();
        services.attempts = new WriteAttempts();
        services.attempts.events = services.events;
        services.attempts.refused = new RefusedWrites(new SimpleMeterRegistry(), () -> now);
        services.nodes = new NodeClient() {
            @Override
            public void advertise(String ip, String memberId, String clientAddress) throws IOException {
                calls.add(ip + " " + memberId);
                if (silent) {
                    throw new IOException("no response within 5 s");
                }
                advertised.put(memberId, clientAddress);
            }
        };
        IntStream.range(0, 3).forEach(each -> advertised.put("m-" + each, "http://c-" + each + ".c-peers.n.svc:8081"));
        IntStream.range(0, 3).forEach(each -> reports(each, 2, 0, "follower"));
    }

    @AfterEach
    void close() {
        api.close();
    }

    /** @param others the role in which the node sees all other members */
    private void reports(int self, long term, int leader, String others) {
        List<Member> members = IntStream.range(0, 3)
                .mapToObj(each -> new Member(
                        "m-" + each,
                        "c-" + each,
                        each == leader ? "leader" : each == self ? "follower" : others,
                        true,
                        1,
                        1L,
                        1L,
                        1,
                        0,
                        "serving",
                        List.of(),
                        "1",
                        advertised.get("m-" + each)))
                .toList();
        responses.put(
                "c-" + self,
                new NodeResponse.View(new ClusterView(
                        "k1", "m-" + self, term, new NodeResponse.Leader("m-" + leader, "c-" + leader), members)));
    }

    private static RaftCluster cluster(String services) {
        return Serialization.unmarshal("""
                apiVersion: raftgres.io/v1alpha1
                kind: RaftCluster
                metadata: {name: c, namespace: n, uid: u-1}
                spec:
                  replicas: 3
                """ + services, RaftCluster.class);
    }

    private static RaftCluster wanted() {
        return cluster("  services: {members: {}}");
    }

    private Live live() {
        List<Pod> pods = IntStream.range(0, 3)
                .mapToObj(each -> new PodBuilder()
                        .withNewMetadata()
                        .withName("c-" + each)
                        .endMetadata()
                        .withNewStatus()
                        .withPodIP("10.0.0." + each)
                        .endStatus()
                        .build())
                .toList();
        return new Live(Optional.empty(), Optional.empty(), pods, List.of(), Optional.empty(), Set.of(), responses);
    }

    private List<RefusedWrite> refused(RaftCluster cluster) {
        return services.attempts.refused.of(cluster);
    }

    /** A role without "list services" ended the round with an exception, so no step was ever taken. */
    @Test
    void aRefusedListIsAnOutcome_AndTheServicesAreWrittenAllTheSame() throws Exception {
        api.forbidReads(LIST);
        services.apply(wanted(), live());
        assertTrue(
                api.writes().contains("PATCH services c-2"), () -> api.writes().toString());
        RefusedWrite refused = refused(wanted()).getFirst();
        assertEquals("Service", refused.kind());
        assertTrue(refused.sentence().contains(LIST + " is forbidden. Correct the operator's role"), refused::sentence);
        assertTrue(refused.isStuck());
        assertEquals(List.of(), calls);
    }

    @Test
    void aRefusedListHoldsUpNoClusterThatWantsNoSuchServices() throws Exception {
        api.forbidReads(LIST);
        services.apply(cluster(""), live());
        assertTrue(refused(cluster("")).getFirst().isOptional());
    }

    /** Each call may take its whole time limit, on the thread of the reconciliation. */
    @Test
    void afterOneFailureTheOtherMembersWait() throws Exception {
        // An address is advertised when its Service is there.
        services.apply(wanted(), live());
        silent = true;
        services.apply(wanted(), live());
        assertEquals(List.of("10.0.0.0 m-0"), calls);
        RefusedWrite refused = refused(wanted()).getFirst();
        assertEquals("Member c-0", refused.kind() + " " + refused.name());
        assertEquals(
                "member c-0 still advertises http://c-0.c-peers.n.svc:8081 to clients, not http://c-0.n.svc:8081:"
                        + " no response within 5 s. The operator tries again",
                refused.sentence());
        assertTrue(api.events().contains(refused.sentence()));
        silent = false;
        services.apply(wanted(), live());
        assertEquals("http://c-1.n.svc:8081", advertised.get("m-1"));
        assertEquals("http://c-0.c-peers.n.svc:8081", advertised.get("m-0"));
        now = now.plus(RefusedWrites.FIRST_PAUSE);
        services.apply(wanted(), live());
        assertEquals("http://c-0.n.svc:8081", advertised.get("m-0"));
        assertEquals(List.of(), refused(wanted()));
    }

    /** It has the addresses of its own time, and would forward no change. */
    @Test
    void aLeaderThatWasCutOffIsNotBelieved() throws Exception {
        services.apply(wanted(), live());
        reports(1, 3, 1, "unreachable");
        services.apply(wanted(), live());
        assertEquals(List.of("10.0.0.0 m-0", "10.0.0.0 m-1", "10.0.0.0 m-2"), calls);
        calls.clear();
        responses.remove("c-0");
        services.apply(wanted(), live());
        assertEquals(List.of(), calls);
    }

    @Test
    void membersWithTheirServicesAndAddressesAreIdle() throws Exception {
        assertFalse(isIdle());
        services.apply(wanted(), live());
        services.apply(wanted(), live());
        IntStream.range(0, 3).forEach(each -> reports(each, 2, 0, "follower"));
        assertTrue(isIdle());
        advertised.put("m-1", "http://elsewhere:8081");
        reports(0, 2, 0, "follower");
        assertFalse(isIdle());
    }

    private boolean isIdle() {
        return services.isIdle(wanted(), live(), new ObjectReader() {
            @Override
            public <R extends HasMetadata> Optional<R> get(Class<R> type, String name) {
                throw new UnsupportedOperationException();
            }

            @Override
            public <R extends HasMetadata> List<R> all(Class<R> type) {
                return api.client().resources(type).inNamespace("n").list().getItems();
            }
        });
    }
}
