package io.raftgres.node.etcd.gateway;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

/** A call with one message each way. JSON is read and written on virtual threads: it may be long. */
final class UnaryCall extends ClientCall.Listener<Message> implements RequestBody {

    private final HttpExchange exchange;
    private final Channel channel;
    private final MethodDescriptor<Message, Message> method;
    private final GatewayLimits limits;
    private final AtomicLong bodiesBytes;
    private ByteArrayOutputStream body = new ByteArrayOutputStream();
    private long counted;
    private Message response;

    /** @param bodiesBytes what all bodies have in memory */
    UnaryCall(HttpExchange exchange, Channel channel, MethodDescriptor<Message, Message> method, GatewayLimits limits,
            AtomicLong bodiesBytes) {
        this.exchange = exchange;
        this.channel = channel;
        this.method = method;
        this.limits = limits;
        this.bodiesBytes = bodiesBytes;
        exchange.onGone(this::dropBody);
    }

    @Override
    public void add(ByteBuf part) {
        int length = part.readableBytes();
        counted += length;
        boolean room = bodiesBytes.addAndGet(length) <= limits.bodiesBytes();
        if (body.size() + length > limits.bodyBytes()) {
            throw dropped("a body may have " + limits.bodyBytes() + " bytes");
        }
        if (!room) {
            throw dropped("etcdserver: too many requests");
        }
        byte[] bytes = new byte[length];
        part.readBytes(bytes);
        body.writeBytes(bytes);
    }

    private StatusRuntimeException dropped(String why) {
        dropBody();
        return Status.RESOURCE_EXHAUSTED.withDescription(why).asRuntimeException();
    }

    private void dropBody() {
        bodiesBytes.addAndGet(-counted);
        counted = 0;
        body = null;
    }

    @Override
    public void end() {
        byte[] json = body.toByteArray();
        long bytes = counted;
        counted = 0;
        dropBody();
        bodiesBytes.addAndGet(bytes);
        Thread.ofVirtual().name("gateway").start(() -> {
            try {
                start(JsonMessages.parse(method, json, limits.messageBytes()));
            } catch (StatusRuntimeException e) {
                exchange.answer(GatewayStatus.answer(e.getStatus()));
            } finally {
                bodiesBytes.addAndGet(-bytes);
            }
        });
    }

    private void start(Message request) {
        ClientCall<Message, Message> call = channel.newCall(method, CallOptions.DEFAULT);
        exchange.onGone(() -> call.cancel("the client is gone", null));
        call.start(this, CallHeaders.of(exchange.headers()));
        // One more than is expected, so that a second one would be noticed.
        call.request(2);
        call.sendMessage(request);
        call.halfClose();
    }

    @Override
    public void onMessage(Message message) {
        response = message;
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        exchange.answer(status.isOk() && response != null
                ? new HttpAnswer(200, HttpAnswer.JSON,
                        JsonMessages.print(response).getBytes(StandardCharsets.UTF_8), null)
                : GatewayStatus.answer(status));
    }
}
