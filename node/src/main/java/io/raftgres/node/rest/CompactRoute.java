package io.raftgres.node.rest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.raftgres.node.service.KvService.Compaction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Set;

/** POST /v1/compact. */
final class CompactRoute {

    private static final int MAX_BODY_BYTES = 1 << 10;

    private final RestApi api;

    CompactRoute(RestApi api) {
        this.api = api;
    }

    void post(RestExchange exchange) {
        exchange.query(Set.of());
        byte[] token = exchange.token();
        Duration timeout = exchange.timeout();
        TxnRoute.requireJson(exchange, "the request");
        KeyRoutes.refuseContentEncoding(exchange);
        Accept.require(exchange.request, RangeWriter.JSON);
        new BodyReader(exchange, api, "the body", MAX_BODY_BYTES, body -> {
                    long revision = revision(body);
                    exchange.whenDone(
                            exchange.service().compact(token, revision, timeout), done -> answer(exchange, done));
                })
                .start();
    }

    private static long revision(byte[] body) {
        try (JsonParser json = JsonBytes.FACTORY.createParser(body)) {
            json.nextToken();
            JsonScalars scalars = JsonScalars.read(json, "revision");
            scalars.require("revision");
            long revision = scalars.number("revision", 1, Long.MAX_VALUE, 0);
            if (json.nextToken() != null) {
                throw scalars.invalid("the body has more after the object");
            }
            return revision;
        } catch (JsonProcessingException e) {
            throw Problem.invalid("the body is not valid JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void answer(RestExchange exchange, Compaction done) {
        exchange.response.putHeader(KeyRoutes.REVISION, Long.toString(done.revision()));
        if (done.replayed()) {
            exchange.response.putHeader(KeyRoutes.REPLAYED, "true");
        }
        JsonResponse.send(exchange, null, json -> {
            json.writeStartObject();
            json.writeNumberField("compactedRevision", done.compactedRevision());
            json.writeEndObject();
        });
    }
}
