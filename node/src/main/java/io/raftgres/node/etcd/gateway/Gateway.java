package io.raftgres.node.etcd.gateway;

import com.google.protobuf.Message;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.AsciiString;
import io.raftgres.node.memory.MemoryAccount;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.memory.Share;
import io.raftgres.node.web.BrowserRules;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Routes each HTTP/1.1 request to a gRPC call or a GET endpoint. */
public final class Gateway {

    private static final int MAX_PARAMETERS = 64;
    private static final AsciiString SEC_FETCH_SITE = AsciiString.cached("sec-fetch-site");

    private final Channel channel;
    private final GatewayLimits limits;
    private final Map<String, GetHandler> endpoints;
    private final BrowserRules rules;
    private final GatewayRoutes routes = new GatewayRoutes();
    private final MemoryAccount bodies;
    private final MemoryAccount responses;
    private final MemoryAccount unsent;

    /**
     * @param channel to the services in this process; calls back on threads that a callback may block
     * @param endpoints handlers of GET requests, by path
     * @param rules the only protection from web pages: etcd's clients send JSON under any content type, also that of a
     *     form
     */
    public Gateway(
            Channel channel,
            GatewayLimits limits,
            NodeMemory memory,
            Map<String, GetHandler> endpoints,
            BrowserRules rules) {
        this.bodies = memory.account(Share.BODIES);
        this.responses = memory.account(Share.RESPONSES);
        this.unsent = memory.account(Share.UNSENT);
        this.rules = rules;
        this.channel = channel;
        this.limits = limits;
        this.endpoints = Map.copyOf(endpoints);
    }

    /** @param pipeline of a connection that speaks HTTP/1.1; its last handler stays the last one */
    public void addTo(ChannelPipeline pipeline) {
        HttpConnection.addTo(pipeline, this, limits);
    }

    /** Memory of requests until they become calls. */
    MemoryAccount bodies() {
        return bodies;
    }

    /** Memory of responses while they are converted to JSON. */
    MemoryAccount responses() {
        return responses;
    }

    /** Memory of responses that clients have not taken. */
    MemoryAccount unsent() {
        return unsent;
    }

    RequestBody begin(HttpRequest request, HttpExchange exchange) {
        BrowserRules.Refusal refusal = judge(request);
        if (refusal != null) {
            exchange.answer(GatewayResponse.error(refusal.status(), refusal.detail()));
            return RequestBody.IGNORED;
        }
        QueryStringDecoder target;
        String path;
        GetHandler endpoint;
        try {
            target = new QueryStringDecoder(request.uri(), StandardCharsets.UTF_8, true, MAX_PARAMETERS);
            path = target.path();
            endpoint = endpoints.get(path);
            if (endpoint != null && request.method().equals(HttpMethod.GET)) {
                endpoint.get(target.parameters())
                        .whenComplete((response, failure) -> exchange.answer(
                                failure == null ? response : GatewayResponse.error(500, "Internal Server Error")));
                return RequestBody.IGNORED;
            }
        } catch (IllegalArgumentException e) {
            exchange.answer(GatewayResponse.error(400, "Bad Request"));
            return RequestBody.IGNORED;
        }
        if (endpoint != null) {
            exchange.answer(GatewayResponse.methodNotAllowed("GET"));
            return RequestBody.IGNORED;
        }
        if (!GatewayRoutes.covers(path)) {
            exchange.answer(GatewayResponse.error(404, "404 page not found"));
            return RequestBody.IGNORED;
        }
        return call(request.method(), path, exchange);
    }

    private BrowserRules.Refusal judge(HttpRequest request) {
        HttpHeaders headers = request.headers();
        return rules.judge(
                request.method().name(),
                headers.get(HttpHeaderNames.HOST),
                headers.get(SEC_FETCH_SITE),
                headers.get(HttpHeaderNames.ORIGIN));
    }

    private RequestBody call(HttpMethod verb, String path, HttpExchange exchange) {
        MethodDescriptor<Message, Message> method = routes.find(path);
        if (method == null) {
            exchange.answer(GatewayStatus.response(Status.NOT_FOUND.withDescription("Not Found")));
        } else if (!verb.equals(HttpMethod.POST)) {
            exchange.answer(GatewayStatus.response(Status.UNIMPLEMENTED.withDescription("Method Not Allowed")));
        } else if (method.getType() == MethodDescriptor.MethodType.UNARY) {
            return new UnaryCall(exchange, channel, method, limits, this);
        } else {
            return new StreamCall(exchange, channel, method);
        }
        return RequestBody.IGNORED;
    }
}
