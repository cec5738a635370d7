package io.raftgres.node.etcd;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
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
 */
final class SharedPort implements InternalProtocolNegotiator.ProtocolNegotiator {

    /** Begins HTTP/2's connection preface (RFC 9113, section 3.4) and no request of HTTP/1. */
    private static final byte[] HTTP2 = "PRI ".getBytes(StandardCharsets.US_ASCII);

    private static final int FIRST_BYTES_SECONDS = 10;

    private final InternalProtocolNegotiator.ProtocolNegotiator plaintext =
            InternalProtocolNegotiators.serverPlaintext();
    private final int maxConnections;
    private final Consumer<ChannelPipeline> http1;
    private final AtomicInteger connections = new AtomicInteger();

    /**
     * @param maxConnections further connections are closed at once
     * @param http1 adds the handlers of a connection that speaks HTTP/1.1
     */
    SharedPort(int maxConnections, Consumer<ChannelPipeline> http1) {
        this.maxConnections = maxConnections;
        this.http1 = http1;
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
        return new FirstBytes(plaintext.newHandler(grpc));
    }

    @Override
    public void close() {
        plaintext.close();
    }

    /** Waits for enough bytes to distinguish the protocols. */
    private final class FirstBytes extends ByteToMessageDecoder {

        private final ChannelHandler grpc;
        private Object negotiationEvent;
        private Future<?> deadline;

        FirstBytes(ChannelHandler grpc) {
            this.grpc = grpc;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            ctx.channel().closeFuture().addListener(closed -> connections.decrementAndGet());
            if (connections.incrementAndGet() > maxConnections) {
                ctx.close();
                return;
            }
            deadline = ctx.executor().schedule(() -> ctx.close(), FIRST_BYTES_SECONDS, TimeUnit.SECONDS);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            // Starts the negotiation, when the protocol is known to be gRPC.
            negotiationEvent = event;
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
                ctx.pipeline().addAfter(ctx.name(), null, grpc);
                ctx.fireUserEventTriggered(negotiationEvent);
            } else {
                http1.accept(ctx.pipeline());
            }
            // Passes the bytes on.
            ctx.pipeline().remove(this);
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
}
