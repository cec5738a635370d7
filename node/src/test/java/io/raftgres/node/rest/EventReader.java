package io.raftgres.node.rest;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;

/** Reads server-sent events as a browser would. */
final class EventReader implements AutoCloseable {

    /** @param id the event's own, null when it has none */
    record Event(String name, String id, JsonNode data) {}

    final HttpResponse<InputStream> response;
    private final BufferedReader lines;
    int comments;

    EventReader(RestServer server, String target, String... headers) {
        try {
            HttpRequest.Builder builder = HttpRequest.newBuilder(server.uri(target));
            if (headers.length > 0) {
                builder.headers(headers);
            }
            response = server.client.send(builder.build(), BodyHandlers.ofInputStream());
            lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @return the next event that is not 'progress', null at the stream's end */
    Event next() {
        Event event = nextOfAny();
        while (event != null && event.name().equals("progress")) {
            event = nextOfAny();
        }
        return event;
    }

    Event nextOfAny() {
        try {
            String name = null;
            String id = null;
            String data = null;
            String line;
            while ((line = lines.readLine()) != null) {
                if (line.startsWith("event: ")) {
                    name = line.substring(7);
                } else if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.startsWith("data: ")) {
                    data = line.substring(6);
                } else if (line.startsWith(":")) {
                    comments++;
                } else if (!line.isEmpty()) {
                    throw new AssertionError("no line of an event: " + line);
                } else if (data != null) {
                    return new Event(name, id, Responses.json(data));
                }
            }
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            response.body().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
