package io.raftgres.node.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import io.raftgres.node.kv.ApplyResult;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A small JSON answer. */
final class JsonAnswer {
    private JsonAnswer() {}

    interface Body {
        void write(JsonGenerator json) throws IOException;
    }

    /** @param answer for the headers, null when there is none */
    static void send(RestExchange exchange, ApplyResult answer, Body body) {
        try (JsonBytes bytes = new JsonBytes()) {
            body.write(bytes.json());
            exchange.contentType(RangeWriter.JSON);
            if (answer != null) {
                exchange.response.putHeader(KeyRoutes.REVISION, Long.toString(answer.revision()));
            }
            if (answer != null && answer.replayed()) {
                exchange.response.putHeader(KeyRoutes.REPLAYED, "true");
            }
            exchange.end(bytes.take());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
