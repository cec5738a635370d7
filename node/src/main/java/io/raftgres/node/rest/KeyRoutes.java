package io.raftgres.node.rest;

import io.netty.util.AsciiString;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.Compare;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.service.KvService.Consistency;
import io.raftgres.node.service.KvService.RangeQuery;
import io.raftgres.node.service.KvService.Read;
import io.raftgres.node.service.read.FirstRow;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** GET, HEAD, PUT and DELETE of one key: the hot path, all of it on the event loop. */
final class KeyRoutes {

    static final CharSequence REVISION = AsciiString.cached("raftgres-revision");
    static final CharSequence REPLAYED = AsciiString.cached("raftgres-replayed");
    private static final CharSequence CREATE_REVISION = AsciiString.cached("raftgres-create-revision");
    private static final CharSequence MOD_REVISION = AsciiString.cached("raftgres-mod-revision");
    private static final CharSequence VERSION = AsciiString.cached("raftgres-version");
    private static final CharSequence OCTETS = AsciiString.cached("application/octet-stream");
    private static final CharSequence TRUE = AsciiString.cached("true");
    private static final Set<String> READ_PARAMETERS = Set.of("consistency", "revision");
    private static final Set<String> NO_PARAMETERS = Set.of();

    private final RestApi api;

    KeyRoutes(RestApi api) {
        this.api = api;
    }

    void get(RestExchange exchange) {
        Query query = exchange.query(READ_PARAMETERS);
        Key key = exchange.key();
        Accept.require(exchange.request, "application/octet-stream");
        ETags ifMatch = ETags.parse("If-Match", exchange.request.getHeader(HttpHeaders.IF_MATCH));
        ETags ifNoneMatch = ETags.parse("If-None-Match", exchange.request.getHeader(HttpHeaders.IF_NONE_MATCH));
        Consistency consistency = consistency(query);
        long revision = query.number("revision", 1, 0);
        if (revision == 0) {
            exchange.whenDone(
                    exchange.service().get(key, consistency, exchange.timeout()),
                    read -> answer(exchange, read, ifMatch, ifNoneMatch));
        } else {
            RangeQuery past =
                    new RangeQuery(KeyRange.single(key), Selection.of(1, revision, false), false, consistency);
            readPast(exchange, past, ifMatch, ifNoneMatch);
        }
    }

    private void readPast(RestExchange exchange, RangeQuery past, ETags ifMatch, ETags ifNoneMatch) {
        api.admission().enterRangeRead();
        var timeout = exchange.timeout();
        exchange.offload("rest-past", () -> {
            try {
                FirstRow first = new FirstRow();
                exchange.service().range(past, timeout, first);
                exchange.onLoop(() -> answer(exchange, first.read(), ifMatch, ifNoneMatch));
            } finally {
                api.admission().leaveRangeRead();
            }
        });
    }

    private void answer(RestExchange exchange, Read read, ETags ifMatch, ETags ifNoneMatch) {
        Row row = read.row();
        MultiMap headers = exchange.response.headers();
        headers.set(REVISION, Long.toString(read.revision()));
        if (row != null) {
            describe(headers, row);
        }
        long modRevision = row == null ? 0 : row.modRevision();
        if (ifMatch != null && !ifMatch.matches(modRevision)) {
            exchange.fail(compareFailed(modRevision));
        } else if (row == null) {
            exchange.fail(notFound());
        } else if (ifNoneMatch != null && ifNoneMatch.matches(modRevision)) {
            exchange.response.setStatusCode(304);
            exchange.end(null);
        } else {
            exchange.requireRoomToSend(row.value().length);
            exchange.contentType(OCTETS);
            if (exchange.route == Route.HEAD_KEY) {
                headers.set(HttpHeaders.CONTENT_LENGTH, Integer.toString(row.value().length));
                exchange.end(null);
            } else {
                exchange.end(Buffer.buffer(row.value()));
            }
        }
    }

    void put(RestExchange exchange) {
        exchange.query(NO_PARAMETERS);
        Key key = exchange.key();
        List<Compare> compares = compares(exchange, key);
        byte[] token = exchange.token();
        var timeout = exchange.timeout();
        refuseContentEncoding(exchange);
        new BodyReader(exchange, api, "the value", exchange.options.maxValueBytes(), value -> {
                    Op put = new Op.Put(key, value, 0, false);
                    Request request = conditional(token, compares, put, key);
                    exchange.whenDone(
                            exchange.service().write(exchange.aged(request), timeout),
                            result -> wasPut(exchange, key, result));
                })
                .start();
    }

    /** Who may not read the key does not learn whether it was there. */
    private void wasPut(RestExchange exchange, Key key, ApplyResult result) {
        if (!head(exchange, result)) {
            return;
        }
        int status = 204;
        if (exchange.mayRead(key)
                && !result.results().isEmpty()
                && result.results().getFirst() instanceof Op.Result.Put put) {
            describe(exchange.response.headers(), put.row());
            status = put.row().version() == 1 ? 201 : 204;
        }
        exchange.response.setStatusCode(status);
        exchange.end(null);
    }

    void delete(RestExchange exchange) {
        exchange.query(NO_PARAMETERS);
        Key key = exchange.key();
        Op delete = new Op.Delete(KeyRange.single(key), false);
        Request request = conditional(exchange.token(), compares(exchange, key), delete, key);
        exchange.whenDone(
                exchange.service().write(exchange.aged(request), exchange.timeout()),
                result -> wasDeleted(exchange, result));
    }

    private void wasDeleted(RestExchange exchange, ApplyResult result) {
        if (!head(exchange, result)) {
            return;
        }
        boolean nothing = !result.results().isEmpty()
                && result.results().getFirst() instanceof Op.Result.Delete delete
                && delete.deleted() == 0;
        if (nothing) {
            exchange.fail(notFound());
        } else {
            exchange.response.setStatusCode(204);
            exchange.end(null);
        }
    }

    /** @return false if the compare failed; the response is then sent */
    private boolean head(RestExchange exchange, ApplyResult result) {
        MultiMap headers = exchange.response.headers();
        headers.set(REVISION, Long.toString(result.revision()));
        if (result.replayed()) {
            headers.set(REPLAYED, TRUE);
        }
        if (result.succeeded()) {
            return true;
        }
        long modRevision = -1;
        if (!result.results().isEmpty() && result.results().getFirst() instanceof Op.Result.Get get) {
            modRevision = get.rows().isEmpty() ? 0 : get.rows().getFirst().modRevision();
            get.rows().forEach(row -> describe(headers, row));
        }
        exchange.fail(compareFailed(modRevision));
        return false;
    }

    /** If the compare fails, the same transaction reads the row, so that the client learns the key's revision. */
    private static Request conditional(byte[] token, List<Compare> compares, Op op, Key key) {
        if (compares.isEmpty()) {
            return Request.of(token, op);
        }
        return new Request(token, compares, List.of(op), List.of(new Op.Get(KeyRange.single(key), 1, true)));
    }

    private static List<Compare> compares(RestExchange exchange, Key key) {
        ETags ifMatch = ETags.parse("If-Match", exchange.request.getHeader(HttpHeaders.IF_MATCH));
        ETags ifNoneMatch = ETags.parse("If-None-Match", exchange.request.getHeader(HttpHeaders.IF_NONE_MATCH));
        if (ifMatch == null && ifNoneMatch == null) {
            return List.of();
        }
        List<Compare> compares = new ArrayList<>();
        if (ifMatch != null && ifMatch.any()) {
            compares.add(new Compare(key, Compare.Target.VERSION, Compare.Relation.GREATER, 0, null));
        } else if (ifMatch != null) {
            if (ifMatch.revisions().size() > 1) {
                throw Problem.invalid("header If-Match of a write must have only one mod revision");
            }
            long revision = ifMatch.revisions().getFirst();
            compares.add(Compare.modRevision(key, Compare.Relation.EQUAL, revision));
            if (revision == 0) {
                // No existing key has mod revision 0; in the store it means that the key does not exist.
                compares.add(new Compare(key, Compare.Target.VERSION, Compare.Relation.GREATER, 0, null));
            }
        }
        if (ifNoneMatch != null && ifNoneMatch.any()) {
            compares.add(new Compare(key, Compare.Target.VERSION, Compare.Relation.EQUAL, 0, null));
        } else if (ifNoneMatch != null) {
            for (long revision : ifNoneMatch.revisions()) {
                if (revision != 0) {
                    compares.add(Compare.modRevision(key, Compare.Relation.NOT_EQUAL, revision));
                }
            }
        }
        return compares;
    }

    static void refuseContentEncoding(RestExchange exchange) {
        String encoding = exchange.request.getHeader(HttpHeaders.CONTENT_ENCODING);
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw new ProblemException(new Problem(
                    Problem.Type.UNSUPPORTED_MEDIA_TYPE,
                    "Content-Encoding is not supported: send the body without an encoding"));
        }
    }

    static Consistency consistency(Query query) {
        String text = query.text("consistency");
        if (text == null) {
            return Consistency.LINEARIZABLE;
        }
        return switch (text) {
            case "linearizable" -> Consistency.LINEARIZABLE;
            case "local" -> Consistency.LOCAL;
            default -> throw Problem.invalid("query parameter 'consistency' must be linearizable or local");
        };
    }

    private static void describe(MultiMap headers, Row row) {
        String modRevision = Long.toString(row.modRevision());
        headers.set(HttpHeaders.ETAG, "\"" + modRevision + "\"");
        headers.set(CREATE_REVISION, Long.toString(row.createRevision()));
        headers.set(MOD_REVISION, modRevision);
        headers.set(VERSION, Long.toString(row.version()));
    }

    private static Problem notFound() {
        return new Problem(Problem.Type.KEY_NOT_FOUND, "the key does not exist");
    }

    /** @param modRevision the key's, 0 when it does not exist, -1 when that is not known */
    private static Problem compareFailed(long modRevision) {
        String detail = switch ((int) Math.clamp(modRevision, -1L, 1L)) {
            case -1 -> "the key did not match If-Match or If-None-Match";
            case 0 -> "the key does not exist";
            default -> "the key's mod revision is " + modRevision;
        };
        return new Problem(
                Problem.Type.COMPARE_FAILED,
                detail,
                modRevision < 0 ? Map.of() : Map.of("modRevision", modRevision),
                0);
    }
}
