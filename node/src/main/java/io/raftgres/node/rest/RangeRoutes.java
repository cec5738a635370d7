package io.raftgres.node.rest;

import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.KvService.RangeQuery;
import java.time.Duration;
import java.util.Set;

/** GET and DELETE of ranges. */
final class RangeRoutes {

    private static final Set<String> READ_PARAMETERS =
            Set.of("prefix", "from", "to", "limit", "revision", "keysOnly", "consistency", "encoding", "continue");
    private static final Set<String> FIRST_PAGE_PARAMETERS = Set.of("prefix", "from", "to", "revision", "keysOnly");
    private static final Set<String> DELETE_PARAMETERS = Set.of("prefix", "from", "to", "all");

    private final RestApi api;

    RangeRoutes(RestApi api) {
        this.api = api;
    }

    void get(RestExchange exchange) {
        Query query = exchange.query(READ_PARAMETERS);
        RangeQuery rangeQuery = rangeQuery(query, exchange.options);
        Encoding encoding = Encoding.of(query);
        String mediaType = Accept.choose(exchange.request, RangeWriter.JSON, RangeWriter.NDJSON);
        Duration timeout = exchange.timeout();
        api.admission().enterRangeRead();
        RangeWriter writer = new RangeWriter(exchange, rangeQuery, encoding, mediaType);
        exchange.offload("rest-range", () -> {
            try {
                stream(exchange, rangeQuery, timeout, writer);
            } finally {
                api.admission().leaveRangeRead();
            }
        });
    }

    private static void stream(RestExchange exchange, RangeQuery query, Duration timeout, RangeWriter writer) {
        try {
            Key next = exchange.service().range(query, timeout, writer).next();
            writer.end(next);
        } catch (RuntimeException e) {
            writer.fail(e);
        }
    }

    private static RangeQuery rangeQuery(Query query, RestOptions options) {
        long limit = query.number("limit", 1, 0);
        KvService.Consistency consistency = KeyRoutes.consistency(query);
        if (query.has("continue")) {
            for (String name : FIRST_PAGE_PARAMETERS) {
                if (query.has(name)) {
                    throw Problem.invalid(
                            "query parameter '" + name + "' must not be combined with 'continue', which contains it");
                }
            }
            ContinuationToken token = ContinuationToken.decode(query.bytes("continue"));
            return new RangeQuery(
                    token.rest(), Selection.of(limit, token.revision(), token.keysOnly()), false, consistency);
        }
        KeyRange range = RangeParameters.of(query, options);
        return new RangeQuery(
                range == null ? KeyRange.EVERYTHING : range,
                Selection.of(limit, query.number("revision", 1, 0), query.flag("keysOnly")),
                false,
                consistency);
    }

    void delete(RestExchange exchange) {
        Query query = exchange.query(DELETE_PARAMETERS);
        KeyRange range = RangeParameters.of(query, exchange.options);
        if (range == null) {
            throw Problem.invalid("name the range to delete: prefix=, or from= and to=");
        }
        boolean everything = range.from().length() == 0 && range.to() == null;
        if (everything && !query.flag("all")) {
            throw Problem.invalid("this would delete every key: add all=true to confirm it");
        }
        Accept.require(exchange.request, "application/json");
        Request request = Request.of(exchange.token(), new Op.Delete(range, false));
        exchange.whenDone(
                exchange.service().write(exchange.aged(request), exchange.timeout()),
                result -> wasDeleted(exchange, result));
    }

    private void wasDeleted(RestExchange exchange, ApplyResult result) {
        JsonResponse.send(exchange, result, json -> {
            json.writeStartObject();
            json.writeNumberField("revision", result.revision());
            if (!result.results().isEmpty() && result.results().getFirst() instanceof Op.Result.Delete delete) {
                json.writeNumberField("deleted", delete.deleted());
            }
            json.writeEndObject();
        });
    }
}
