package io.raftgres.node.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import io.raftgres.node.kv.ApplyResult;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A small JSON response. */
final class JsonResponse {
    private JsonResponse() {}

    interface Body {
        void write(JsonGenerator json) throws IOException;
    }

    /** @param result for the headers, null when there is none */
    static void send(RestExchange exchange, ApplyResult result, Body body) {
        try (JsonBytes bytes = new JsonBytes()) {
            body.write(bytes.json());
            exchange.contentType(RangeWriter.JSON);
            if (result != null) {
                exchange.response.putHeader(KeyRoutes.REVISION, Long.toString(result.revision()));
            }
            if (result != null && result.replayed()) {
                exchange.response.putHeader(KeyRoutes.REPLAYED, "true");
            }
            exchange.end(bytes.take());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
