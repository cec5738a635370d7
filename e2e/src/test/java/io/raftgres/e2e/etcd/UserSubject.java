package io.raftgres.e2e.etcd;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.etcdserver.AuthGrpc;
import io.raftgres.etcd.api.etcdserver.AuthRoleGetResponse;
import io.raftgres.etcd.api.etcdserver.AuthStatusRequest;
import io.raftgres.etcd.api.etcdserver.AuthStatusResponse;
import io.raftgres.etcd.api.etcdserver.AuthenticateRequest;
import io.raftgres.etcd.api.etcdserver.AuthenticateResponse;
import io.raftgres.etcd.api.etcdserver.LeaseLeasesResponse;
import io.raftgres.etcd.api.etcdserver.LeaseStatus;
import io.raftgres.etcd.api.etcdserver.LeaseTimeToLiveResponse;
import io.raftgres.etcd.api.etcdserver.RangeStreamResponse;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A system with etcd's API, which many users call. Each response becomes a text without what differs by nature. */
final class UserSubject implements AutoCloseable {

    static final String NOBODY = "nobody";
    static final String BAD = "bad";

    private static final Metadata.Key<String> TOKEN = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
    private static final int GUESSING_PAUSE_MILLIS = 1_100;

    private final ManagedChannel channel;
    private final Map<String, String> tokens = new HashMap<>();
    private long authRevision;

    UserSubject(String target) {
        this.channel = NettyChannelBuilder.forTarget(target)
                .usePlaintext()
                .maxInboundMessageSize(64 << 20)
                .build();
        tokens.put(BAD, "abcdefghijklmnop.1");
    }

    /** @return how the response, its first message or the error looks */
    String call(String caller, MethodDescriptor<?, ?> method, Message request) {
        try {
            return text(answer(caller, method, request));
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode() + ": " + e.getStatus().getDescription();
        }
    }

    /** @return null: a stream without a message */
    Message answer(String caller, MethodDescriptor<?, ?> method, Message request) {
        String token = tokens.get(caller);
        Channel as = channel;
        if (token != null) {
            Metadata headers = new Metadata();
            headers.put(TOKEN, token);
            as = ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
        }
        return answer(as, cast(method), request);
    }

    @SuppressWarnings("unchecked")
    private static MethodDescriptor<Message, Message> cast(MethodDescriptor<?, ?> method) {
        return (MethodDescriptor<Message, Message>) method;
    }

    private static Message answer(Channel as, MethodDescriptor<Message, Message> method, Message request) {
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS);
        return switch (method.getType()) {
            case UNARY -> ClientCalls.blockingUnaryCall(as, method, options, request);
            case SERVER_STREAMING -> {
                // Some streams do not end: the first message is enough.
                Context.CancellableContext context = Context.current().withCancellation();
                Context before = context.attach();
                try {
                    Iterator<Message> messages = ClientCalls.blockingServerStreamingCall(as, method, options, request);
                    yield messages.hasNext() ? messages.next() : null;
                } finally {
                    context.detach(before);
                    context.cancel(null);
                }
            }
            case BIDI_STREAMING -> {
                BlockingResponse<Message> response = new BlockingResponse<>();
                StreamObserver<Message> requests =
                        ClientCalls.asyncBidiStreamingCall(as.newCall(method, options), response);
                requests.onNext(request);
                try {
                    yield response.get();
                } finally {
                    requests.onError(Status.CANCELLED.asRuntimeException());
                }
            }
            default -> throw new IllegalArgumentException("a stream of requests: " + method);
        };
    }

    private String text(Message response) {
        return switch (response) {
            case null -> "ok, without a message";
            case AuthStatusResponse status ->
                "enabled " + status.getEnabled() + ", revision + " + (status.getAuthRevision() - authRevision);
            case LeaseLeasesResponse leases -> {
                LeaseLeasesResponse.Builder sorted = LeaseLeasesResponse.newBuilder();
                leases.getLeasesList().stream()
                        .sorted(Comparator.comparingLong(LeaseStatus::getID))
                        .forEach(sorted::addLeases);
                yield TextFormat.printer().emittingSingleLine(true).printToString(sorted);
            }
            case LeaseTimeToLiveResponse left -> {
                LeaseTimeToLiveResponse.Builder sorted =
                        LeaseTimeToLiveResponse.newBuilder().setID(left.getID()).setGrantedTTL(left.getGrantedTTL());
                left.getKeysList().stream()
                        .sorted(ByteString.unsignedLexicographicalComparator())
                        .forEach(sorted::addKeys);
                yield TextFormat.printer().emittingSingleLine(true).printToString(sorted);
            }
            case AuthenticateResponse token -> "a token";
            // etcd sorts them by the beginning alone.
            case AuthRoleGetResponse role ->
                "" + role.getPermList().stream().map(this::text).sorted().toList();
            case RangeStreamResponse part -> text(part.getRangeResponse());
            default -> {
                Message.Builder builder = response.toBuilder();
                FieldDescriptor header = response.getDescriptorForType().findFieldByName("header");
                if (header != null) {
                    builder.clearField(header);
                }
                yield TextFormat.printer().emittingSingleLine(true).printToString(builder);
            }
        };
    }

    /** From now on, the caller of this name shows no token. */
    void forget(String caller) {
        tokens.remove(caller);
    }

    /** From now on the caller of this name shows the token of the user, if it gets one. */
    String login(String caller, String user, String password) throws InterruptedException {
        AuthenticateRequest request = AuthenticateRequest.newBuilder()
                .setName(user)
                .setPassword(password)
                .build();
        while (true) {
            try {
                tokens.put(
                        caller,
                        AuthGrpc.newBlockingStub(channel)
                                .withDeadlineAfter(30, TimeUnit.SECONDS)
                                .authenticate(request)
                                .getToken());
                return "a token";
            } catch (StatusRuntimeException e) {
                if (e.getStatus().getCode() != Status.Code.RESOURCE_EXHAUSTED) {
                    return e.getStatus().getCode() + ": " + e.getStatus().getDescription();
                }
                // Raftgres slows who guesses; etcd does not.
                TimeUnit.MILLISECONDS.sleep(GUESSING_PAUSE_MILLIS);
            }
        }
    }

    /** Later revisions of the users are shown relative to the present one. */
    void countRevisionsFromHere() {
        authRevision = AuthGrpc.newBlockingStub(channel)
                .authStatus(AuthStatusRequest.getDefaultInstance())
                .getAuthRevision();
    }

    /** @return null: it shows none */
    String token(String caller) {
        return tokens.get(caller);
    }

    ManagedChannel channel() {
        return channel;
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
