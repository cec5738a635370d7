package io.raftgres.bench.etcd;

import com.fasterxml.jackson.databind.JsonNode;
import io.raftgres.bench.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** Sends HTTP requests that are not measured to a cluster. */
final class Web implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1))
            .build();

    /** @return what is answered with 200; empty when nothing is */
    Optional<JsonNode> json(String uri) {
        return send(HttpRequest.newBuilder(URI.create(uri)).timeout(TIMEOUT).build())
                .filter(response -> response.statusCode() == 200)
                .flatMap(response -> {
                    try {
                        return Optional.of(Json.MAPPER.readTree(response.body()));
                    } catch (IOException e) {
                        return Optional.empty();
                    }
                });
    }

    /** @throws IllegalStateException when the request does not succeed */
    void require(HttpRequest request) {
        String said = send(request)
                .map(response -> response.statusCode() / 100 == 2
                        ? ""
                        : "it answered " + response.statusCode() + ": " + response.body())
                .orElse("it does not answer");
        if (!said.isEmpty()) {
            throw new IllegalStateException(request.method() + " " + request.uri() + ": " + said);
        }
    }

    private Optional<HttpResponse<String>> send(HttpRequest request) {
        try {
            return Optional.of(http.send(request, HttpResponse.BodyHandlers.ofString()));
        } catch (IOException e) {
            return Optional.empty();
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
