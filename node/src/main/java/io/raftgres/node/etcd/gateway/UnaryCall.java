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
import io.raftgres.node.memory.MemoryAccount;
import java.io.ByteArrayOutputStream;

/** Runs a call with one request and one response. Virtual threads parse and write the JSON, because it may be long. */
final class UnaryCall extends ClientCall.Listener<Message> implements RequestBody {

    private static final String TOO_MANY = "etcdserver: too many requests";

    /**
     * Memory of a response while it becomes JSON, as a multiple of its size: base64 has four bytes for three, twice,
     * and the value itself.
     */
    private static final int PRINTED_TIMES = 4;

    private final HttpExchange exchange;
    private final Channel channel;
    private final MethodDescriptor<Message, Message> method;
    private final GatewayLimits limits;
    private final Gateway gateway;
    private final MemoryAccount.Hold held;
    private Bytes body = new Bytes();
    private Message response;

    /** A stream that gives access to its bytes without another copy. */
    private static final class Bytes extends ByteArrayOutputStream {
        byte[] array() {
            return buf;
        }
    }

    UnaryCall(
            HttpExchange exchange,
            Channel channel,
            MethodDescriptor<Message, Message> method,
            GatewayLimits limits,
            Gateway gateway) {
        this.exchange = exchange;
        this.channel = channel;
        this.method = method;
        this.limits = limits;
        this.gateway = gateway;
        this.held = gateway.bodies().open();
        exchange.onGone(this::dropBody);
    }

    @Override
    public void add(ByteBuf part) {
        int length = part.readableBytes();
        if (body.size() + length > limits.bodyBytes()) {
            throw dropped("the body of the request has more than " + limits.bodyBytes() + " bytes");
        }
        // When the array grows, up to half of it is unused.
        if (!held.take(2L * length)) {
            throw dropped(TOO_MANY);
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
        held.close();
        body = null;
    }

    @Override
    public void end() {
        Bytes json = body;
        // From here on a lost client does not cancel anything: the memory of the body is freed when it has become a
        // message.
        exchange.onGone(() -> {});
        body = null;
        Thread.ofVirtual().name("gateway").start(() -> {
            try (held) {
                if (!held.take(JsonWeight.of(json.array(), json.size()))) {
                    throw Status.RESOURCE_EXHAUSTED.withDescription(TOO_MANY).asRuntimeException();
                }
                start(JsonMessages.parse(method, json.array(), json.size(), limits.messageBytes()));
            } catch (StatusRuntimeException e) {
                exchange.answer(GatewayStatus.response(e.getStatus()));
            }
        });
    }

    private void start(Message request) {
        ClientCall<Message, Message> call = channel.newCall(method, CallOptions.DEFAULT);
        exchange.onGone(() -> call.cancel("the client is gone", null));
        call.start(this, CallHeaders.of(exchange.headers()));
        // Requests one message more than expected, so that a second one would be noticed.
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
        if (!status.isOk() || response == null) {
            exchange.answer(GatewayStatus.response(status));
            return;
        }
        try (MemoryAccount.Hold printing = gateway.responses().open()) {
            int bytes = response.getSerializedSize();
            exchange.answer(
                    gateway.unsent().isFull() || !printing.take((long) PRINTED_TIMES * bytes)
                            ? GatewayStatus.response(
                                    Status.RESOURCE_EXHAUSTED.withDescription(
                                            "etcdserver: the response is too"
                                                    + " large to be sent as JSON now: read the range in parts with a limit, or by gRPC"))
                            : new GatewayResponse(200, GatewayResponse.JSON, JsonMessages.print(response), null));
        }
    }
}
