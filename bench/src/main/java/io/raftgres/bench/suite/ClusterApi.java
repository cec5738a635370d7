package io.raftgres.bench.suite;

import com.fasterxml.jackson.databind.JsonNode;
import io.raftgres.bench.Json;
import io.raftgres.bench.load.Endpoint;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Asks nodes for their status. Not used for measuring. */
public final class ClusterApi implements AutoCloseable {

    private static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration POLL = Duration.ofMillis(10);

    /**
     * @param name the node's name
     * @param number from 1, as the launcher counts
     */
    record Node(String name, int number, Endpoint endpoint) {}

    /** One node's view: its own name, and the leader that it knows (null when it knows none). */
    record View(
            String leader,
            long term,
            String role,
            long commitIndex,
            long appliedIndex,
            String hash,
            long hashIndex,
            String version) {}

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1))
            .build();

    /** @return the cluster's nodes by name, as {@code anyone} knows them */
    List<Node> nodes(Endpoint anyone) {
        JsonNode members = json(anyone, "/v1/cluster")
                .orElseThrow(() -> new IllegalStateException(anyone + " does not answer GET /v1/cluster"))
                .path("members");
        List<JsonNode> sorted = new ArrayList<>();
        members.forEach(sorted::add);
        sorted.sort(Comparator.comparing(member -> member.path("name").asText()));
        List<Node> nodes = new ArrayList<>();
        for (JsonNode member : sorted) {
            String name = member.path("name").asText();
            String digits = name.replaceAll("^.*?(\\d*)$", "$1");
            int number = digits.isEmpty() || digits.length() > 6 ? nodes.size() + 1 : Integer.parseInt(digits);
            nodes.add(new Node(
                    name, number, Endpoint.parse(member.path("clientAddress").asText())));
        }
        if (nodes.isEmpty()) {
            throw new IllegalStateException(anyone + " knows of no members");
        }
        return nodes;
    }

    Optional<View> view(Endpoint endpoint) {
        return json(endpoint, "/v1/cluster").flatMap(json -> {
            String self = json.path("self").asText();
            for (JsonNode member : json.path("members")) {
                if (member.path("id").asText().equals(self)) {
                    return Optional.of(new View(
                            json.path("leader").path("name").asText(null),
                            json.path("term").asLong(),
                            member.path("role").asText(),
                            member.path("commitIndex").asLong(),
                            member.path("appliedIndex").asLong(),
                            member.path("hash").asText(),
                            member.path("hashIndex").asLong(),
                            member.path("version").asText()));
                }
            }
            return Optional.empty();
        });
    }

    boolean isReady(Endpoint endpoint) {
        return status(endpoint, "/q/health/ready") == 200;
    }

    /** @return 0 when there is no response */
    int status(Endpoint endpoint, String path) {
        return send(endpoint, path).map(HttpResponse::statusCode).orElse(0);
    }

    private Optional<JsonNode> json(Endpoint endpoint, String path) {
        return send(endpoint, path)
                .filter(response -> response.statusCode() == 200)
                .flatMap(response -> {
                    try {
                        return Optional.of(Json.MAPPER.readTree(response.body()));
                    } catch (IOException e) {
                        return Optional.empty();
                    }
                });
    }

    private Optional<HttpResponse<String>> send(Endpoint endpoint, String path) {
        HttpRequest request = HttpRequest.newBuilder(endpoint.uri(path))
                .timeout(RESPONSE_TIMEOUT)
                .build();
        try {
            return Optional.of(http.send(request, HttpResponse.BodyHandlers.ofString()));
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** @return whether the condition held in time */
    public static boolean await(Duration timeout, BooleanSupplier condition) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            pause(POLL);
        }
        return true;
    }

    static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
