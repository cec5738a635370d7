package io.raftgres.node.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.Row;
import io.vertx.core.http.HttpHeaders;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** POST /v1/txn. */
final class TxnRoute {

    private static final Set<String> PARAMETERS = Set.of("encoding");

    private final RestApi api;

    TxnRoute(RestApi api) {
        this.api = api;
    }

    void post(RestExchange exchange) {
        Encoding encoding = Encoding.of(exchange.query(PARAMETERS));
        byte[] token = exchange.token();
        Duration timeout = exchange.timeout();
        requireJson(exchange, "a transaction");
        KeyRoutes.refuseContentEncoding(exchange);
        Accept.require(exchange.request, RangeWriter.JSON);
        new BodyReader(exchange, api, "the transaction", exchange.options.maxTxnBodyBytes(), body -> {
                    Request request = new TxnParser(exchange.options, encoding).parse(body, token);
                    exchange.whenDone(
                            exchange.service().write(exchange.aged(request), timeout),
                            applied -> answer(exchange, request, applied, encoding));
                })
                .start();
    }

    /**
     * Requires the content type of JSON: a web page can send forms and plain text without consent, but not this type.
     */
    static void requireJson(RestExchange exchange, String what) {
        String type = exchange.request.getHeader(HttpHeaders.CONTENT_TYPE);
        boolean json = type != null
                && type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals(RangeWriter.JSON);
        if (!json && exchange.hasBody()) {
            throw new ProblemException(new Problem(
                    Problem.Type.UNSUPPORTED_MEDIA_TYPE,
                    what + " must be JSON: send it with the header Content-Type: " + RangeWriter.JSON));
        }
    }

    private static void answer(RestExchange exchange, Request request, ApplyResult applied, Encoding encoding) {
        List<Op> branch = applied.succeeded() ? request.success() : request.failure();
        JsonResponse.send(exchange, applied, json -> {
            json.writeStartObject();
            json.writeNumberField("revision", applied.revision());
            json.writeBooleanField("succeeded", applied.succeeded());
            json.writeArrayFieldStart("results");
            for (int i = 0; i < applied.results().size(); i++) {
                json.writeStartObject();
                boolean keysOnly =
                        branch.get(i) instanceof Op.Get get && get.selection().keysOnly();
                write(exchange, json, applied.results().get(i), keysOnly, encoding);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    private static void write(
            RestExchange exchange, JsonGenerator json, Op.Result result, boolean keysOnly, Encoding encoding)
            throws IOException {
        switch (result) {
            case Op.Result.Put put -> {
                json.writeObjectFieldStart("put");
                // Who may not read the key does not learn whether it was there.
                boolean mayRead = exchange.mayRead(put.row().key());
                if (mayRead) {
                    json.writeNumberField("createRevision", put.row().createRevision());
                }
                json.writeNumberField("modRevision", put.row().modRevision());
                if (mayRead) {
                    json.writeNumberField("version", put.row().version());
                }
            }
            case Op.Result.Delete delete -> {
                json.writeObjectFieldStart("delete");
                json.writeNumberField("deleted", delete.deleted());
            }
            case Op.Result.Get get -> {
                json.writeObjectFieldStart("get");
                json.writeArrayFieldStart("kvs");
                for (Row row : get.rows()) {
                    json.writeStartObject();
                    encoding.write(json, row, keysOnly);
                    json.writeEndObject();
                }
                json.writeEndArray();
                json.writeBooleanField("more", get.more());
            }
            case Op.Result.Txn txn -> throw unexpected(result);
            case Op.Result.OfAlone alone -> throw unexpected(result);
        }
        json.writeEndObject();
    }

    private static IllegalStateException unexpected(Op.Result result) {
        return new IllegalStateException("a transaction of this API has done " + result);
    }
}
