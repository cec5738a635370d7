package io.raftgres.node.etcd.gateway;

import io.grpc.StatusRuntimeException;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/**
 * A connection that speaks HTTP/1.1: one request after another, each with a deadline for its head and one for its body.
 * A client that sends invalid data gets an error, and its connection is closed. A client that does not take its
 * response is disconnected too.
 */
final class HttpConnection extends ChannelInboundHandlerAdapter {

    /** Number of parts of pipelined requests that may wait. Above this the connection does not read its socket. */
    private static final int MAX_AHEAD = 64;

    /** If the unread rest of an unneeded body is longer, the connection is closed. */
    private static final long MAX_UNWANTED_BYTES = 16 << 20;

    private final Gateway gateway;
    private final GatewayLimits limits;
    private final Queue<HttpObject> ahead = new ArrayDeque<>();
    private ChannelHandlerContext ctx;
    private HttpExchange current;
    private RequestBody body;
    private boolean received;
    private boolean answered;
    private long unwantedBytes;
    private Future<?> deadline;

    private HttpConnection(Gateway gateway, GatewayLimits limits) {
        this.gateway = gateway;
        this.limits = limits;
    }

    static void addTo(ChannelPipeline pipeline, Gateway gateway, GatewayLimits limits) {
        String last = pipeline.lastContext().name();
        pipeline.addBefore(
                last, null, new IdleStateHandler(true, 0, limits.stalled().toMillis(), 0, TimeUnit.MILLISECONDS));
        pipeline.addBefore(last, null, new Stalled());
        pipeline.addBefore(
                last,
                null,
                new HttpServerCodec(new HttpDecoderConfig()
                        .setMaxInitialLineLength(GatewayLimits.MAX_LINE_BYTES)
                        .setMaxHeaderSize(GatewayLimits.MAX_HEADERS_BYTES)));
        pipeline.addBefore(last, null, new HttpConnection(gateway, limits));
    }

    /** Disconnects a client that has not taken a byte of the waiting data. */
    private static final class Stalled extends ChannelInboundHandlerAdapter {
        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            ChannelOutboundBuffer waiting = ctx.channel().unsafe().outboundBuffer();
            if (event instanceof IdleStateEvent && waiting != null && waiting.totalPendingWriteBytes() > 0) {
                ctx.close();
            }
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        within(limits.idle());
    }

    private void within(Duration time) {
        cancelDeadline();
        deadline = ctx.executor().schedule(() -> ctx.close(), time.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void cancelDeadline() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof HttpObject object)) {
            ReferenceCountUtil.release(message);
        } else if (received || !ahead.isEmpty() || isOwed()) {
            ahead.add(object);
            if (ahead.size() > MAX_AHEAD) {
                ctx.channel().config().setAutoRead(false);
            }
        } else {
            take(object);
        }
    }

    /** @return whether the client still has to take former responses; until then it gets no further ones */
    private boolean isOwed() {
        return current == null && !ctx.channel().isWritable();
    }

    private void take(HttpObject object) {
        try {
            if (object.decoderResult().isFailure()) {
                refuse(object.decoderResult().cause());
                return;
            }
            if (object instanceof HttpRequest request) {
                begin(request);
            }
            if (object instanceof HttpContent content && current != null) {
                add(content);
            }
        } finally {
            ReferenceCountUtil.release(object);
        }
    }

    private void begin(HttpRequest request) {
        received = false;
        answered = false;
        unwantedBytes = 0;
        current = new HttpExchange(ctx, request, gateway.unsent(), this::answered);
        body = gateway.begin(request, current);
        if (body.isStream()) {
            cancelDeadline();
        } else {
            within(limits.body());
        }
        if (HttpUtil.is100ContinueExpected(request) && !answered) {
            ctx.writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
        }
    }

    private void add(HttpContent content) {
        try {
            if (answered) {
                unwantedBytes += content.content().readableBytes();
                if (unwantedBytes > MAX_UNWANTED_BYTES) {
                    ctx.close();
                    return;
                }
            } else {
                body.add(content.content());
            }
            if (content instanceof LastHttpContent) {
                received = true;
                cancelDeadline();
                if (!answered) {
                    body.end();
                }
            }
        } catch (StatusRuntimeException e) {
            if (!answered) {
                current.finish(e.getStatus());
            }
        }
        next();
    }

    private void answered() {
        answered = true;
        ctx.channel().config().setAutoRead(true);
        if (!received) {
            within(limits.body());
        }
        next();
    }

    private void next() {
        if (!answered || !received || current == null) {
            return;
        }
        boolean keepAlive = current.keepAlive();
        current = null;
        body = null;
        received = false;
        if (!keepAlive) {
            ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        within(limits.idle());
        // Runs later, not within the current call: a long queue must not become a deep stack.
        ctx.executor().execute(this::takeAhead);
    }

    private void takeAhead() {
        while (!received && !ahead.isEmpty() && !isOwed()) {
            take(ahead.remove());
        }
        if (ahead.isEmpty()) {
            ctx.channel().config().setAutoRead(true);
        }
    }

    /** The data that follows cannot be parsed. */
    private void refuse(Throwable why) {
        HttpResponseStatus status = switch (why) {
            case TooLongHttpLineException e -> HttpResponseStatus.REQUEST_URI_TOO_LONG;
            case TooLongHttpHeaderException e -> HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
            default -> HttpResponseStatus.BAD_REQUEST;
        };
        gone();
        if (answered || current != null) {
            ctx.close();
            return;
        }
        DefaultFullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                status,
                Unpooled.copiedBuffer(status.reasonPhrase() + "\n", StandardCharsets.US_ASCII));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, GatewayResponse.TEXT);
        response.headers().set(HttpHeaderNames.CONNECTION, "close");
        HttpUtil.setContentLength(response, response.content().readableBytes());
        ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    private void gone() {
        cancelDeadline();
        if (current != null) {
            current.gone();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (current != null) {
            current.writable();
        } else if (context.channel().isWritable()) {
            ctx.executor().execute(this::takeAhead);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        gone();
        while (!ahead.isEmpty()) {
            ReferenceCountUtil.release(ahead.remove());
        }
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
