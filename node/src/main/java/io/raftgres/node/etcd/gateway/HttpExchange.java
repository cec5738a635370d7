package io.raftgres.node.etcd.gateway;

import io.grpc.Status;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.raftgres.node.memory.MemoryAccount;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One request and its response, which is either complete or a stream of lines. Any thread may call its methods. They do
 * nothing once the response has ended or the client is gone.
 */
final class HttpExchange {

    private final ChannelHandlerContext ctx;
    private final HttpRequest request;
    private final MemoryAccount unsent;
    private final Runnable onEnd;
    private final boolean keepAlive;

    // Only the event loop uses these fields.
    private boolean begun;
    private boolean ended;
    private Runnable whenGone;
    private Runnable whenWritable;

    /**
     * @param unsent memory of responses that clients have not taken
     * @param onEnd called on the event loop when the response is written
     */
    HttpExchange(ChannelHandlerContext ctx, HttpRequest request, MemoryAccount unsent, Runnable onEnd) {
        this.ctx = ctx;
        this.unsent = unsent;
        this.request = request;
        this.onEnd = onEnd;
        // HTTP/1.0 knows no chunks: the end of the connection is the end of the content.
        this.keepAlive =
                HttpUtil.isKeepAlive(request) && request.protocolVersion().equals(HttpVersion.HTTP_1_1);
    }

    boolean keepAlive() {
        return keepAlive;
    }

    HttpHeaders headers() {
        return request.headers();
    }

    void answer(GatewayResponse content) {
        onLoop(() -> {
            if (ended || begun) {
                return;
            }
            DefaultFullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1,
                    HttpResponseStatus.valueOf(content.status()),
                    Unpooled.wrappedBuffer(content.body()));
            common(response, content.contentType());
            HttpUtil.setContentLength(response, content.body().length);
            if (content.allow() != null) {
                response.headers().set(HttpHeaderNames.ALLOW, content.allow());
            }
            send(response, content.body().length);
            end();
        });
    }

    private void send(Object message, int bytes) {
        unsent.add(bytes);
        ctx.writeAndFlush(message).addListener(sent -> unsent.give(bytes));
    }

    private void common(HttpResponse response, String contentType) {
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType);
        response.headers().set("X-Content-Type-Options", "nosniff");
        response.headers().set(HttpHeaderNames.CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
        response.headers().set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        if (!keepAlive) {
            response.headers().set(HttpHeaderNames.CONNECTION, "close");
        }
    }

    /**
     * Writes the next line of a stream; the first call begins the stream.
     *
     * @param begin first part of a JSON object
     * @param json its last part, without the last brace
     * @param next called on the event loop when there is room for another line
     */
    void line(String begin, byte[] json, Runnable next) {
        byte[] start = begin.getBytes(StandardCharsets.UTF_8);
        byte[] line = Arrays.copyOf(start, start.length + json.length + 2);
        System.arraycopy(json, 0, line, start.length, json.length);
        line[line.length - 2] = '}';
        line[line.length - 1] = '\n';
        onLoop(() -> {
            if (ended) {
                return;
            }
            if (!begun) {
                begun = true;
                DefaultHttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
                common(head, GatewayResponse.JSON);
                HttpUtil.setTransferEncodingChunked(
                        head, request.protocolVersion().equals(HttpVersion.HTTP_1_1));
                ctx.write(head);
            }
            send(new DefaultHttpContent(Unpooled.wrappedBuffer(line)), line.length);
            if (ctx.channel().isWritable()) {
                next.run();
            } else {
                whenWritable = next;
            }
        });
    }

    /** Ends a stream with its status. An error before the first line becomes the whole response. */
    void finish(Status status) {
        onLoop(() -> {
            if (ended) {
                return;
            }
            if (!begun) {
                answer(
                        status.isOk()
                                ? GatewayResponse.of(200, GatewayResponse.JSON, "")
                                : GatewayStatus.response(status));
                return;
            }
            if (!status.isOk()) {
                line("{\"error\":", GatewayStatus.json(status).getBytes(StandardCharsets.UTF_8), () -> {});
            }
            ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
            end();
        });
    }

    /**
     * @param action called on the event loop when the client leaves before the response has ended; at once if the
     *     response has ended
     */
    void onGone(Runnable action) {
        onLoop(() -> {
            if (!ended) {
                whenGone = action;
            } else {
                action.run();
            }
        });
    }

    /** Reads no more of the request until {@link #resume}. */
    void pause() {
        onLoop(() -> ctx.channel().config().setAutoRead(ended));
    }

    void resume() {
        onLoop(() -> ctx.channel().config().setAutoRead(true));
    }

    // Methods for the event loop

    private void end() {
        ended = true;
        whenGone = null;
        whenWritable = null;
        onEnd.run();
    }

    void writable() {
        Runnable next = whenWritable;
        if (next != null && ctx.channel().isWritable()) {
            whenWritable = null;
            next.run();
        }
    }

    void gone() {
        if (!ended) {
            ended = true;
            whenWritable = null;
            if (whenGone != null) {
                whenGone.run();
            }
        }
    }

    private void onLoop(Runnable action) {
        if (ctx.executor().inEventLoop()) {
            action.run();
        } else {
            ctx.executor().execute(action);
        }
    }
}
