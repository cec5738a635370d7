package io.raftgres.node.rest;

import io.netty.buffer.ByteBufHolder;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.ArrayDeque;

/**
 * Lets one request at a time through on an HTTP/1 connection. Pipelined requests wait for the response to the request
 * before them. Vert.x 4.5 misses the end of a connection when part of a second request has arrived: it notifies neither
 * the stream that responds to the first request nor the count of connections. So a client could permanently use up the
 * node's watches and connections. At most {@link #MAX_MESSAGES} parts and {@link #MAX_BYTES} of bodies wait. Beyond
 * that they are dropped, and the connection is closed after the response; the client must send the requests again (RFC
 * 9112, 9.3.2).
 */
final class OneAtATime extends ChannelDuplexHandler {

    static final int MAX_MESSAGES = 256;
    static final int MAX_BYTES = 64 << 10;
    private static final AttributeKey<Boolean> INSTALLED = AttributeKey.valueOf(OneAtATime.class, "installed");

    private final ArrayDeque<Object> held = new ArrayDeque<>();
    private int heldBytes;
    private boolean answering = true;
    private boolean dropping;

    private OneAtATime() {}

    /** Runs on the event loop while the connection's first request is handled. Later calls do nothing. */
    static void install(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2 || !(request.connection() instanceof ConnectionBase connection)) {
            return;
        }
        Channel channel = connection.channel();
        if (!channel.hasAttr(INSTALLED)) {
            channel.attr(INSTALLED).set(true);
            channel.pipeline()
                    .addBefore(connection.channelHandlerContext().name(), "one-request-at-a-time", new OneAtATime());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (dropping) {
            ReferenceCountUtil.release(message);
        } else if (!held.isEmpty() || message instanceof HttpRequest && answering) {
            hold(context, message);
        } else {
            pass(context, message);
        }
    }

    private void pass(ChannelHandlerContext context, Object message) {
        answering |= message instanceof HttpRequest;
        context.fireChannelRead(message);
    }

    private void hold(ChannelHandlerContext context, Object message) {
        held.add(message);
        heldBytes += bytes(message);
        if (held.size() > MAX_MESSAGES || heldBytes > MAX_BYTES) {
            dropping = true;
            release();
            if (!answering) {
                context.close();
            }
        }
    }

    private static int bytes(Object message) {
        return message instanceof ByteBufHolder holder ? holder.content().readableBytes() : 0;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        boolean interim =
                message instanceof HttpResponse response && response.status().code() < 200;
        boolean last = message instanceof LastHttpContent && !interim;
        if (last && dropping) {
            context.write(message, promise.unvoid()).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        context.write(message, promise);
        if (last) {
            answering = false;
            if (!held.isEmpty()) {
                // Later: Vert.x is about to end the response.
                context.executor().execute(() -> passHeld(context));
            }
        }
    }

    private void passHeld(ChannelHandlerContext context) {
        while (!held.isEmpty() && !(held.peek() instanceof HttpRequest && answering)) {
            Object message = held.poll();
            heldBytes -= bytes(message);
            pass(context, message);
        }
        context.fireChannelReadComplete();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        dropping = true;
        release();
        context.fireChannelInactive();
    }

    private void release() {
        held.forEach(ReferenceCountUtil::release);
        held.clear();
        heldBytes = 0;
    }
}
