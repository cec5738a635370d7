package io.raftgres.node.rest;

import io.netty.util.AsciiString;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.service.KvService;
import java.util.Set;

/** GET /v1/watch: opens a stream of changes, which {@link WatchStream} writes. */
final class WatchRoute {

    private static final CharSequence LAST_EVENT_ID = AsciiString.cached("last-event-id");
    private static final Set<String> PARAMETERS = Set.of("key", "prefix", "from", "to", "fromRevision", "encoding");

    private final RestApi api;

    WatchRoute(RestApi api) {
        this.api = api;
    }

    void open(RestExchange exchange) {
        Query query = exchange.query(PARAMETERS);
        KeyRange named = RangeParameters.of(query, exchange.options);
        KeyRange range = named == null ? KeyRange.EVERYTHING : named;
        Encoding encoding = Encoding.of(query);
        long fromRevision = fromRevision(exchange, query);
        Accept.require(exchange.request, WatchStream.MEDIA_TYPE);
        api.admission().enterWatch();
        ResponseSink sink = new ResponseSink(exchange);
        exchange.offload("rest-watch", () -> {
            try (KvService.Watch watch = exchange.service().watch(range, fromRevision)) {
                exchange.contentType(WatchStream.MEDIA_TYPE);
                new WatchStream(api, exchange, sink, watch, encoding, fromRevision).run();
            } finally {
                api.admission().leaveWatch();
            }
        });
    }

    /**
     * Last-Event-ID takes precedence over fromRevision, because a browser repeats the original address when it
     * reconnects.
     */
    private static long fromRevision(RestExchange exchange, Query query) {
        long fromRevision = query.number("fromRevision", 1, 0);
        String last = exchange.request.getHeader(LAST_EVENT_ID);
        if (last == null || last.isEmpty()) {
            return fromRevision;
        }
        return Query.parseNumber(last, 0, Long.MAX_VALUE - 1, "header Last-Event-ID") + 1;
    }
}
