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
import io.raftgres.etcd.api.etcdserver.WatchGrpc;

/**
 * Runs a call with a stream of responses, one line each. Requests the next response when the client has taken most of
 * the previous ones. If the client streams too, each JSON object of its body becomes a message, sent when it is
 * complete.
 */
final class StreamCall extends ClientCall.Listener<Message> implements RequestBody {

    /** Requests of streams contain keys and numbers; only their responses contain values. */
    private static final int MAX_MESSAGE_BYTES = 64 << 10;

    private final HttpExchange exchange;
    private final MethodDescriptor<Message, Message> method;
    private final ClientCall<Message, Message> call;
    private final JsonObjects objects;
    private boolean sent;

    StreamCall(HttpExchange exchange, Channel channel, MethodDescriptor<Message, Message> method) {
        this.exchange = exchange;
        this.method = method;
        this.objects = new JsonObjects(MAX_MESSAGE_BYTES, this::send);
        this.call = channel.newCall(method, CallOptions.DEFAULT);
        exchange.onGone(() -> call.cancel("the client is gone", null));
        call.start(this, CallHeaders.of(exchange.headers()));
        call.request(1);
    }

    @Override
    public boolean isStream() {
        return !method.getType().clientSendsOneMessage();
    }

    @Override
    public void add(ByteBuf part) {
        try {
            objects.add(part);
        } catch (StatusRuntimeException e) {
            call.cancel("the client sent what is no message", null);
            throw e;
        }
    }

    private void send(byte[] json) {
        if (sent && method.getType().clientSendsOneMessage()) {
            return;
        }
        sent = true;
        call.sendMessage(JsonMessages.parse(method, json, json.length, MAX_MESSAGE_BYTES));
        if (!call.isReady()) {
            exchange.pause();
        }
    }

    @Override
    public void onReady() {
        exchange.resume();
    }

    @Override
    public void end() {
        if (!objects.atEnd() || !sent && isStream()) {
            call.cancel("the client sent no whole message", null);
            throw Status.INVALID_ARGUMENT.withDescription("unexpected EOF").asRuntimeException();
        }
        if (!sent) {
            send(new byte[0]);
        }
        // A watch continues for as long as its client reads, although the client has sent its whole request.
        if (!method.getFullMethodName().equals(WatchGrpc.getWatchMethod().getFullMethodName())) {
            call.halfClose();
        }
    }

    @Override
    public void onMessage(Message message) {
        exchange.line("{\"result\":", JsonMessages.print(message), () -> call.request(1));
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        exchange.finish(status);
    }
}
