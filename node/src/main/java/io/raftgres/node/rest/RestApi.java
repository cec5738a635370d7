package io.raftgres.node.rest;

import io.netty.util.AsciiString;
import io.raftgres.node.auth.Caller;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.memory.Share;
import io.raftgres.node.service.KvGate;
import io.raftgres.node.service.KvService;
import io.raftgres.node.web.BrowserRules;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;

/**
 * The REST API: everything under /v1. It uses the raw request line, because a key is any bytes: a router would change
 * '..', '//' or '%2F'.
 */
public final class RestApi implements AutoCloseable {

    private static final CharSequence SEC_FETCH_SITE = AsciiString.cached("sec-fetch-site");

    private final RestOptions options;
    private final RequestMeter meter;
    private final RequestLimits admission;
    private final Vertx vertx;
    private final BodyDeadlines deadlines;
    private final KvGate gate;
    private final Login login;
    private final KeyRoutes keys;
    private final RangeRoutes ranges;
    private final TxnRoute txn;
    private final CompactRoute compact;
    private final WatchRoute watch;
    private final ClusterRoute cluster;
    private final MemberRoutes members;
    private final BrowserRules rules;
    private volatile boolean closed;

    public RestApi(
            KvService service,
            RestOptions options,
            RequestMeter meter,
            Vertx vertx,
            BrowserRules rules,
            NodeMemory memory) {
        this(
                service,
                options,
                meter,
                vertx,
                rules,
                new RequestLimits(options, memory.account(Share.BODIES), memory.account(Share.UNSENT)));
    }

    RestApi(
            KvService service,
            RestOptions options,
            RequestMeter meter,
            Vertx vertx,
            BrowserRules rules,
            RequestLimits admission) {
        this.rules = rules;
        this.options = options;
        this.meter = meter;
        this.vertx = vertx;
        this.admission = admission;
        this.deadlines = new BodyDeadlines(vertx);
        this.gate = new KvGate(service);
        this.login = new Login(service);
        this.keys = new KeyRoutes(this);
        this.ranges = new RangeRoutes(this);
        this.txn = new TxnRoute(this);
        this.compact = new CompactRoute(this);
        this.watch = new WatchRoute(this);
        this.cluster = new ClusterRoute();
        this.members = new MemberRoutes(this);
    }

    /** Installs the API in front of all other handlers of {@code router}. */
    public void mount(Router router) {
        router.route().order(Integer.MIN_VALUE).handler(this::handle);
    }

    private void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        OneAtATime.install(request);
        String path = request.path();
        BrowserRules.Refusal refusal = judge(request);
        if (refusal != null) {
            new RestExchange(request, vertx, Route.of(request.method(), path), this).refuse(Problem.of(refusal));
        } else if (path.startsWith("/v1/") || path.equals("/v1")) {
            receive(request, path);
        } else {
            // The node's own pages, such as that of the API. Inside a frame of another page, a click could be
            // misdirected.
            context.response()
                    .putHeader("x-frame-options", "DENY")
                    .putHeader("content-security-policy", "frame-ancestors 'none'")
                    .putHeader("x-content-type-options", "nosniff");
            context.next();
        }
    }

    /** Judges requests outside the API too, because metrics and health contain information. */
    private BrowserRules.Refusal judge(HttpServerRequest request) {
        String host = request.getHeader(HttpHeaders.HOST);
        if (host == null && request.authority() != null) {
            host = request.authority().toString();
        }
        String method = request.method().name();
        return rules.judge(method, host, request.getHeader(SEC_FETCH_SITE), request.getHeader(HttpHeaders.ORIGIN));
    }

    private void receive(HttpServerRequest request, String path) {
        boolean admitted = admission.enter();
        RestExchange exchange = new RestExchange(request, vertx, Route.of(request.method(), path), this);
        if (!admitted) {
            exchange.refuse(
                    Problem.overloaded("the node has its maximum of " + options.maxInFlight() + " requests in flight")
                            .problem());
            return;
        }
        try {
            if (exchange.route == Route.OTHER) {
                refuseRoute(exchange);
            } else {
                login.run(exchange, caller -> identified(exchange, caller));
            }
        } catch (RuntimeException e) {
            exchange.fail(e);
        }
    }

    private void identified(RestExchange exchange, Caller caller) {
        try {
            exchange.identified(caller, gate.as(caller));
            dispatch(exchange);
        } catch (RuntimeException e) {
            exchange.fail(e);
        }
    }

    /** Every request passes this place on its way to the service. */
    private void dispatch(RestExchange exchange) {
        switch (exchange.route) {
            case GET_KEY, HEAD_KEY -> keys.get(exchange);
            case PUT_KEY -> keys.put(exchange);
            case DELETE_KEY -> keys.delete(exchange);
            case GET_RANGE -> ranges.get(exchange);
            case DELETE_RANGE -> ranges.delete(exchange);
            case TXN -> txn.post(exchange);
            case COMPACT -> compact.post(exchange);
            case WATCH -> watch.open(exchange);
            case CLUSTER -> cluster.get(exchange);
            case ADD_MEMBER -> members.add(exchange);
            case UPDATE_MEMBER -> members.update(exchange);
            case REMOVE_MEMBER -> members.remove(exchange);
            case PROMOTE_MEMBER -> members.promote(exchange);
            case TRANSFER_LEADERSHIP -> members.transfer(exchange);
            case OTHER -> refuseRoute(exchange);
        }
    }

    private static void refuseRoute(RestExchange exchange) {
        String allowed = Route.allowedAt(exchange.request.path());
        if (allowed.isEmpty()) {
            exchange.fail(new Problem(Problem.Type.NO_SUCH_ROUTE, "the API has no such path"));
        } else {
            exchange.response.putHeader("allow", allowed);
            exchange.fail(
                    new Problem(Problem.Type.METHOD_NOT_ALLOWED, "the path has the methods " + allowed, Map.of(), 0));
        }
    }

    RestOptions options() {
        return options;
    }

    RequestMeter meter() {
        return meter;
    }

    RequestLimits admission() {
        return admission;
    }

    BodyDeadlines deadlines() {
        return deadlines;
    }

    boolean isClosed() {
        return closed;
    }

    /** Ends the watches. Requests in flight get their responses for as long as the server allows. */
    @Override
    public void close() {
        closed = true;
        deadlines.close();
    }
}
