package io.raftgres.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.ApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import io.raftgres.operator.resource.Names;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Measures what 100 idle clusters of three nodes cost the API server: requests by its own metric, with the operator and
 * without. The operator is the packaged one, in a process of its own. There are no machines: this test reports the pods
 * as running, and responds for all nodes. The indexes of the members' logs grow meanwhile.
 *
 * <p>Kubernetes itself must be quiet: its requests vary more than the operator's. So this test binds the pods to a
 * machine that exists only as an object; the pods name a scheduler that is not there. No endpoint may have a loopback
 * address, so the addresses are of a network for measurements, which this test makes local. It needs root, a Kubernetes
 * without machines, and port 8081.
 */
@Tag("long")
class IdleLoadIT {

    private static final int CLUSTERS = Integer.getInteger("raftgres.idle.clusters", 100);
    private static final int REPLICAS = 3;
    private static final int SECONDS = Integer.getInteger("raftgres.idle.seconds", 120);
    private static final int SETTLING = 15;
    private static final double MOST_PER_SECOND = 5;
    private static final Pattern REQUESTS = Pattern.compile("(?m)^apiserver_request_total\\{([^}]*)} ([0-9.e+]+)$");
    private static final Pattern CALLS =
            Pattern.compile("(?m)^raftgres_operator_api_calls_total\\{([^}]*)} ([0-9.E+]+)$");

    private static final String MACHINE = "idle-load";

    /** RFC 2544 reserves it for measurements. */
    private static final String NETWORK = "198.18.0.0/16";

    /** Pods by their address. */
    private final Map<String, String> pods = new ConcurrentHashMap<>();

    /** The members' logs grow, as those of clusters that are written to. */
    private final AtomicLong index = new AtomicLong(100);

    private KubernetesClient client;
    private String namespace;

    @Test
    void hundredIdleClustersCostTheApiServerLessThanFiveRequestsASecond() throws Exception {
        client = ApiServer.connect();
        namespace = ApiServer.namespace(client, "op-idle-");
        HttpServer nodes = HttpServer.create(new InetSocketAddress("0.0.0.0", Names.HTTP_PORT), 0);
        nodes.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        nodes.createContext("/v1/cluster", this::node);
        nodes.start();
        ip("add");
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(MACHINE)
                        .endMetadata()
                        .build())
                .create();
        Process operator = operator();
        try (ScheduledExecutorService beats = Executors.newSingleThreadScheduledExecutor()) {
            beats.scheduleAtFixedRate(this::beat, 0, 10, TimeUnit.SECONDS);
            IntStream.range(0, CLUSTERS).forEach(i -> apply("c" + i));
            awaitReady();
            TimeUnit.SECONDS.sleep(SETTLING);
            Map<String, Double> before = requests();
            Map<String, Double> callsBefore = calls();
            TimeUnit.SECONDS.sleep(SECONDS);
            double with = show("the API server, with the operator", before, requests(), SECONDS);
            double calls = show("the operator", callsBefore, calls(), SECONDS);
            stop(operator);
            TimeUnit.SECONDS.sleep(SETTLING);
            Map<String, Double> beforeWithout = requests();
            TimeUnit.SECONDS.sleep(SECONDS / 2);
            double without = show("the API server, without the operator", beforeWithout, requests(), SECONDS / 2);
            System.out.printf(
                    "--> %d idle clusters: %.2f requests/s by the operator's count; %.2f by the API server's: %.2f with"
                            + " the operator, %.2f without%n",
                    CLUSTERS, calls, with - without, with, without);
            assertTrue(calls < MOST_PER_SECOND, () -> calls + " calls/s");
            assertTrue(with - without < MOST_PER_SECOND, () -> with - without + " requests/s");
        } finally {
            stop(operator);
            nodes.stop(0);
            ip("del");
            client.nodes().withName(MACHINE).delete();
            client.namespaces().withName(namespace).delete();
            client.close();
        }
    }

    /** Reports the machine as the kubelet would: otherwise its pods are no longer ready after 50 s. */
    private void beat() {
        client.nodes()
                .withName(MACHINE)
                .subresource("status")
                .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), """
                        {"status": {"conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady",
                          "message": "", "lastHeartbeatTime": "%s"}]}}
                        """.formatted(
                                Instant.now().truncatedTo(ChronoUnit.SECONDS)));
    }

    private static void ip(String action) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("ip", "route", action, "local", NETWORK, "dev", "lo")
                .inheritIO()
                .start();
        assertEquals(0, process.waitFor(), "ip route needs root");
    }

    private Process operator() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-Xmx300m",
                        "-jar",
                        "target/quarkus-app/quarkus-run.jar")
                .redirectErrorStream(true)
                .redirectOutput(new File("target/idle-operator.log"));
        builder.environment().put("RAFTGRES_OPERATOR_NAMESPACE", namespace);
        builder.environment().put("RAFTGRES_WATCH_NAMESPACES", namespace);
        builder.environment().put("QUARKUS_HTTP_PORT", "18080");
        return builder.start();
    }

    private static void stop(Process operator) throws InterruptedException {
        operator.destroy();
        if (!operator.waitFor(30, TimeUnit.SECONDS)) {
            operator.destroyForcibly();
        }
    }

    private void apply(String name) {
        RaftCluster cluster = new RaftCluster();
        cluster.setMetadata(
                new ObjectMetaBuilder().withNamespace(namespace).withName(name).build());
        cluster.setSpec(Serialization.unmarshal("podTemplate: {spec: {schedulerName: none}}", RaftClusterSpec.class));
        client.resource(cluster).fieldManager("test").forceConflicts().serverSideApply();
    }

    private void awaitReady() throws Exception {
        await(() -> {
            client.pods().inNamespace(namespace).list().getItems().forEach(this::run);
            List<RaftCluster> all = client.resources(RaftCluster.class)
                    .inNamespace(namespace)
                    .list()
                    .getItems();
            return all.stream().filter(IdleLoadIT::isReady).count() == CLUSTERS;
        });
    }

    private static boolean isReady(RaftCluster cluster) {
        return cluster.getStatus() != null
                && cluster.getStatus().leader() != null
                && cluster.getStatus().readyReplicas() == REPLICAS;
    }

    private static void await(BooleanSupplier met) throws Exception {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(6);
        while (!met.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, "the clusters did not become ready");
            TimeUnit.MILLISECONDS.sleep(500);
        }
    }

    /** Reports a pod as the kubelet would. */
    private void run(Pod pod) {
        if ("Running".equals(pod.getStatus().getPhase())) {
            return;
        }
        String name = pod.getMetadata().getName();
        client.bindings()
                .inNamespace(namespace)
                .resource(new BindingBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(name)
                        .endMetadata()
                        .withNewTarget()
                        .withKind("Node")
                        .withName(MACHINE)
                        .endTarget()
                        .build())
                .create();
        int number = pods.size() + 1;
        String ip = "198.18." + (1 + number / 200) + "." + (1 + number % 200);
        pods.put(ip, name);
        String status = """
                {"status": {"phase": "Running", "podIP": "%s", "podIPs": [{"ip": "%s"}],
                  "conditions": [{"type": "PodScheduled", "status": "True", "reason": "", "message": ""},
                    {"type": "Initialized", "status": "True"}, {"type": "Ready", "status": "True"},
                    {"type": "ContainersReady", "status": "True"}],
                  "containerStatuses": [{"name": "node", "ready": true, "restartCount": 0, "image": "node",
                    "imageID": "node", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}]}}
                """.formatted(ip, ip);
        client.resource(pod).subresource("status").patch(PatchContext.of(PatchType.STRATEGIC_MERGE), status);
    }

    /** What each node of a healthy cluster answers. */
    private void node(HttpExchange exchange) throws IOException {
        String pod = pods.get(exchange.getLocalAddress().getAddress().getHostAddress());
        String cluster = pod.substring(0, pod.lastIndexOf('-'));
        long now = index.incrementAndGet();
        String members = IntStream.range(0, REPLICAS)
                .mapToObj(i -> """
                        {"id": "000000000000000%d", "name": "%s-%d", "role": "%s", "voter": true, "commitIndex": %d,
                         "lastTerm": 2, "lastIndex": %d, "matchIndex": %d, "lag": %d, "state": "serving",
                         "alarms": [], "version": "0.1.0"}""".formatted(
                                i, cluster, i, i == 0 ? "leader" : "follower", now, now, now, i == 0 ? 0 : now % 3))
                .collect(java.util.stream.Collectors.joining(","));
        byte[] body = """
                {"clusterId": "00000000000000aa", "self": "%s", "term": 2,
                 "leader": {"id": "0000000000000000", "name": "%s-0"}, "members": [%s]}
                """.formatted("000000000000000" + pod.substring(pod.lastIndexOf('-') + 1), cluster, members)
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private Map<String, Double> requests() {
        return counts(REQUESTS, client.raw("/metrics"));
    }

    private static Map<String, Double> calls() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:18080/metrics"))
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            var response = http.send(request, BodyHandlers.ofString());
            assertEquals(200, response.statusCode());
            return counts(CALLS, response.body());
        }
    }

    private static Map<String, Double> counts(Pattern pattern, String text) {
        Map<String, Double> counts = new ConcurrentHashMap<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            counts.merge(matcher.group(1), Double.valueOf(matcher.group(2)), Double::sum);
        }
        return counts;
    }

    private static double show(String of, Map<String, Double> before, Map<String, Double> after, int seconds) {
        double all = 0;
        for (Map.Entry<String, Double> each : new java.util.TreeMap<>(after).entrySet()) {
            double more = each.getValue() - before.getOrDefault(each.getKey(), 0.0);
            all += more;
            if (more > 0) {
                System.out.printf("%s: %.0f of %s%n", of, more, each.getKey());
            }
        }
        return all / seconds;
    }
}
