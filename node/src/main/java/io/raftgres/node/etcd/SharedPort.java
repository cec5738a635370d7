package io.raftgres.node.etcd;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.grpc.netty.ProtocolNegotiationEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Serves gRPC and HTTP/1.1 on one port, as etcd does: the first bytes of a connection distinguish them. gRPC accepts
 * the connection, and its protocol negotiation reads these bytes. A connection that is not HTTP/2 leaves gRPC there.
 * With TLS the handshake comes first; where plain connections are welcome too, the first byte distinguishes them.
 */
final class SharedPort implements InternalProtocolNegotiator.ProtocolNegotiator {

    /** Begins HTTP/2's connection preface (RFC 9113, section 3.4) and no request of HTTP/1. */
    private static final byte[] HTTP2 = "PRI ".getBytes(StandardCharsets.US_ASCII);

    private static final int FIRST_BYTES_SECONDS = 10;

    /** The first byte of a TLS connection (RFC 8446, section 5.1), and of no request of HTTP. */
    private static final byte HANDSHAKE_RECORD = 0x16;

    private static final byte[] PLAIN_REFUSED =
            ("HTTP/1.0 400 Bad Request\r\n\r\nThis port takes encrypted connections alone: use https.\n")
                    .getBytes(StandardCharsets.US_ASCII);

    private final InternalProtocolNegotiator.ProtocolNegotiator plaintext =
            InternalProtocolNegotiators.serverPlaintext();
    private final int maxConnections;
    private final Consumer<ChannelPipeline> http1;

    /** Null when all connections are plain. */
    private final TlsConnections tls;

    private final boolean tlsRequired;
    private final AtomicInteger connections = new AtomicInteger();

    /**
     * @param maxConnections further connections are closed at once
     * @param http1 adds the handlers of a connection that speaks HTTP/1.1
     * @param tls null when all connections are plain
     */
    SharedPort(int maxConnections, Consumer<ChannelPipeline> http1, TlsConnections tls, boolean tlsRequired) {
        this.maxConnections = maxConnections;
        this.http1 = http1;
        this.tls = tls;
        this.tlsRequired = tlsRequired;
    }

    int connections() {
        return connections.get();
    }

    @Override
    public AsciiString scheme() {
        return plaintext.scheme();
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpc) {
        return tls == null ? new FirstBytes(grpc) : new Entrance(grpc);
    }

    @Override
    public void close() {
        plaintext.close();
    }

    /** A connection that waits for its first bytes, but not for long. */
    private abstract class Waiting extends ByteToMessageDecoder {

        final GrpcHttp2ConnectionHandler grpc;

        /** Starts gRPC's negotiation, when the protocol is known to be gRPC. */
        ProtocolNegotiationEvent negotiation;

        private Future<?> deadline;

        Waiting(GrpcHttp2ConnectionHandler grpc) {
            this.grpc = grpc;
        }

        /** @return false when there are too many connections, and this one is closed */
        final boolean count(ChannelHandlerContext ctx) {
            ctx.channel().closeFuture().addListener(closed -> connections.decrementAndGet());
            if (connections.incrementAndGet() > maxConnections) {
                ctx.close();
                return false;
            }
            return true;
        }

        final void startDeadline(ChannelHandlerContext ctx) {
            deadline = ctx.executor().schedule(() -> ctx.close(), FIRST_BYTES_SECONDS, TimeUnit.SECONDS);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
            if (event instanceof ProtocolNegotiationEvent start) {
                negotiation = start;
            } else {
                super.userEventTriggered(ctx, event);
            }
        }

        @Override
        protected void handlerRemoved0(ChannelHandlerContext ctx) {
            if (deadline != null) {
                deadline.cancel(false);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) throws Exception {
            if (deadline != null) {
                deadline.cancel(false);
            }
            super.channelInactive(ctx);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }

    /** Distinguishes encrypted from plain connections. */
    private final class Entrance extends Waiting {

        Entrance(GrpcHttp2ConnectionHandler grpc) {
            super(grpc);
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            if (count(ctx)) {
                startDeadline(ctx);
            }
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            if (in.getByte(in.readerIndex()) == HANDSHAKE_RECORD) {
                SslHandler handler = tls.handler(ctx.channel());
                ctx.pipeline().addAfter(ctx.name(), null, new FirstBytes(grpc, negotiation, handler));
                ctx.pipeline().addAfter(ctx.name(), null, handler);
            } else if (tlsRequired) {
                in.skipBytes(in.readableBytes());
                ctx.writeAndFlush(Unpooled.wrappedBuffer(PLAIN_REFUSED)).addListener(ChannelFutureListener.CLOSE);
                return;
            } else {
                ctx.pipeline().addAfter(ctx.name(), null, new FirstBytes(grpc, negotiation, null));
            }
            // Passes the bytes on.
            ctx.pipeline().remove(this);
        }
    }

    /** Waits for enough bytes to distinguish the protocols. */
    private final class FirstBytes extends Waiting {

        /** Whether this is the first handler of its connection. */
        private final boolean first;

        /** Null on a plain connection. */
        private final SslHandler encryption;

        FirstBytes(GrpcHttp2ConnectionHandler grpc) {
            super(grpc);
            this.first = true;
            this.encryption = null;
        }

        FirstBytes(GrpcHttp2ConnectionHandler grpc, ProtocolNegotiationEvent negotiation, SslHandler encryption) {
            super(grpc);
            this.first = false;
            this.negotiation = negotiation;
            this.encryption = encryption;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            // The handshake has a deadline of its own.
            if ((!first || count(ctx)) && encryption == null) {
                startDeadline(ctx);
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
            if (event instanceof SslHandshakeCompletionEvent done && encryption != null) {
                if (!done.isSuccess()) {
                    ctx.close();
                    return;
                }
                startDeadline(ctx);
                tls.opened(ctx.channel(), encryption.engine());
                Attributes attributes = InternalProtocolNegotiationEvent.getAttributes(negotiation).toBuilder()
                        .set(
                                Grpc.TRANSPORT_ATTR_SSL_SESSION,
                                encryption.engine().getSession())
                        .build();
                negotiation = InternalProtocolNegotiationEvent.withAttributes(negotiation, attributes);
            } else {
                super.userEventTriggered(ctx, event);
            }
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            int length = Math.min(HTTP2.length, in.readableBytes());
            boolean http2 = true;
            for (int i = 0; i < length; i++) {
                http2 &= in.getByte(in.readerIndex() + i) == HTTP2[i];
            }
            if (http2 && length < HTTP2.length) {
                return;
            }
            if (http2) {
                ctx.pipeline().addAfter(ctx.name(), null, plaintext.newHandler(grpc));
                ctx.fireUserEventTriggered(negotiation);
            } else {
                http1.accept(ctx.pipeline());
            }
            // Passes the bytes on.
            ctx.pipeline().remove(this);
        }
    }
}
