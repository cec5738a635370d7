package io.raftgres.operator.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The least of an API server: it keeps objects by path, merges patches, and refuses a request when a test says so. */
public final class FakeApiServer implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer server;
    private final KubernetesClient client;
    private final Map<String, ObjectNode> objects = new TreeMap<>();
    private final Queue<Integer> refusals = new ConcurrentLinkedQueue<>();
    private final Set<String> dropped = new HashSet<>();
    private final Set<String> forbidden = new HashSet<>();
    private final List<String> writes = new ArrayList<>();
    private final Map<String, Integer> refusedReads = new ConcurrentHashMap<>();

    public FakeApiServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.start();
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                .withRequestRetryBackoffLimit(0)
                .build();
        client = new KubernetesClientBuilder().withConfig(config).build();
    }

    public KubernetesClient client() {
        return client;
    }

    public synchronized void put(HasMetadata object) {
        ObjectNode json = Serialization.unmarshal(Serialization.asJson(object), ObjectNode.class);
        ObjectNode metadata = (ObjectNode) json.get("metadata");
        if (!metadata.has("uid")) {
            metadata.put("uid", "uid-" + object.getMetadata().getName());
        }
        metadata.put("resourceVersion", "1");
        String api = (object.getApiVersion().contains("/") ? "/apis/" : "/api/") + object.getApiVersion();
        objects.put(
                api + "/namespaces/" + object.getMetadata().getNamespace() + "/" + object.getPlural() + "/"
                        + object.getMetadata().getName(),
                json);
    }

    /** The next patches fail with these codes, one after the other. */
    public void refusePatches(Integer... codes) {
        refusals.addAll(List.of(codes));
    }

    /** @param field name of a field that patches do not write, as that of a feature that is not enabled */
    public synchronized void drop(String field) {
        dropped.add(field);
    }

    /** @param write method, plural and name of a write that fails with 403 from now on */
    public synchronized void forbid(String write) {
        forbidden.add(write);
    }

    /** Every GET of these paths is refused, as by a role. */
    public void forbidReads(String... paths) {
        List.of(paths).forEach(path -> refuseReads(path, 403));
    }

    /** Every GET of this path fails with this code. */
    public void refuseReads(String path, int code) {
        refusedReads.put(path, code);
    }

    /** @return method, plural and name of each write but those of events */
    public synchronized List<String> writes() {
        return List.copyOf(writes);
    }

    /** @return the messages of all events */
    public synchronized List<String> events() {
        return objects.entrySet().stream()
                .filter(it -> it.getKey().contains("/events/"))
                .map(it -> it.getValue().path("message").asText())
                .toList();
    }

    private synchronized void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String method = exchange.getRequestMethod();
        byte[] body = exchange.getRequestBody().readAllBytes();
        ObjectNode sent = body.length == 0 ? JSON.createObjectNode() : (ObjectNode) JSON.readTree(body);
        if (!method.equals("GET") && !path.contains("/events")) {
            String[] parts = path.split("/");
            String write = method + " " + parts[parts.length - 2] + " " + parts[parts.length - 1];
            writes.add(write);
            if (forbidden.contains(write)) {
                respond(exchange, 403, status(403, "forbidden by the test"));
                return;
            }
        }
        Integer refusal = method.equals("PATCH") ? refusals.poll() : null;
        if (refusal != null) {
            respond(exchange, refusal, status(refusal, "refused by the test"));
            return;
        }
        switch (method) {
            case "POST" -> {
                objects.put(path + "/" + sent.at("/metadata/name").asText(), sent);
                respond(exchange, 201, sent);
            }
            case "PATCH" -> {
                ObjectNode object = objects.computeIfAbsent(path, it -> JSON.createObjectNode());
                for (String field : dropped) {
                    sent.findParents(field).forEach(parent -> ((ObjectNode) parent).remove(field));
                }
                merge(object, sent);
                respond(exchange, 200, object);
            }
            case "DELETE" -> {
                objects.remove(path);
                respond(exchange, 200, status(200, "deleted"));
            }
            default -> get(exchange, path);
        }
    }

    private void get(HttpExchange exchange, String path) throws IOException {
        Integer refusal = refusedReads.get(path);
        if (refusal != null) {
            String why = refusal == 403 ? " is forbidden" : " is refused";
            respond(exchange, refusal, status(refusal, path + why));
            return;
        }
        ObjectNode object = objects.get(path);
        if (object != null) {
            respond(exchange, 200, object);
        } else if (path.matches(".*/namespaces/[^/]+/[^/]+")) {
            respond(exchange, 200, list(path, exchange.getRequestURI().getQuery()));
        } else {
            respond(exchange, 404, status(404, path + " not found"));
        }
    }

    private ObjectNode list(String path, String query) {
        ObjectNode list = JSON.createObjectNode();
        ArrayNode items = list.putArray("items");
        List<String> labels = query != null && query.startsWith("labelSelector=")
                ? List.of(query.substring("labelSelector=".length()).split(","))
                : List.of();
        objects.forEach((name, object) -> {
            boolean selected = labels.stream().allMatch(label -> matches(object.at("/metadata/labels"), label));
            if (selected && name.startsWith(path + "/")) {
                items.add(object);
            }
        });
        return list;
    }

    /** @param selector a label that an object must have, with or without its value */
    private static boolean matches(JsonNode labels, String selector) {
        String[] parts = selector.split("=");
        return labels.has(parts[0])
                && (parts.length == 1 || labels.path(parts[0]).asText().equals(parts[1]));
    }

    private static void merge(ObjectNode into, ObjectNode patch) {
        for (Map.Entry<String, JsonNode> field : patch.properties()) {
            if (field.getValue().isObject() && into.path(field.getKey()).isObject()) {
                merge((ObjectNode) into.get(field.getKey()), (ObjectNode) field.getValue());
            } else {
                into.set(field.getKey(), field.getValue());
            }
        }
    }

    private static ObjectNode status(int code, String message) {
        return JSON.createObjectNode()
                .put("kind", "Status")
                .put("apiVersion", "v1")
                .put("code", code)
                .put("message", message);
    }

    private static void respond(HttpExchange exchange, int code, ObjectNode object) throws IOException {
        byte[] bytes = JSON.writeValueAsBytes(object);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        client.close();
        server.stop(0);
    }
}
