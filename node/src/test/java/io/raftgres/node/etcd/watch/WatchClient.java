package io.raftgres.node.etcd.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.raftgres.etcd.api.etcdserver.WatchCancelRequest;
import io.raftgres.etcd.api.etcdserver.WatchCreateRequest;
import io.raftgres.etcd.api.etcdserver.WatchGrpc;
import io.raftgres.etcd.api.etcdserver.WatchProgressRequest;
import io.raftgres.etcd.api.etcdserver.WatchRequest;
import io.raftgres.etcd.api.etcdserver.WatchResponse;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client with a stream of watches. A slow client takes responses only when the test says so. */
public final class WatchClient implements ClientResponseObserver<WatchRequest, WatchResponse>, AutoCloseable {

    private final boolean slow;
    private final BlockingQueue<Object> got = new LinkedBlockingQueue<>();
    private ClientCallStreamObserver<WatchRequest> stream;

    public WatchClient(Channel channel, boolean slow, boolean needsLeader) {
        this.slow = slow;
        WatchGrpc.WatchStub stub = WatchGrpc.newStub(channel);
        if (needsLeader) {
            Metadata headers = new Metadata();
            headers.put(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER), "true");
            stub = stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
        }
        stub.watch(this);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<WatchRequest> requests) {
        stream = requests;
        if (slow) {
            requests.disableAutoRequestWithInitial(0);
        }
    }

    @Override
    public void onNext(WatchResponse response) {
        got.add(response);
    }

    @Override
    public void onError(Throwable why) {
        got.add(Status.fromThrowable(why));
    }

    @Override
    public void onCompleted() {
        got.add(Status.OK);
    }

    public void send(WatchRequest request) {
        stream.onNext(request);
    }

    void create(WatchCreateRequest.Builder create) {
        send(WatchRequest.newBuilder().setCreateRequest(create).build());
    }

    /** @return the response to a creation that succeeded */
    WatchResponse created(WatchCreateRequest.Builder create) {
        create(create);
        WatchResponse response = next();
        assertTrue(response.getCreated(), response::toString);
        assertEquals(0, response.getEventsCount());
        return response;
    }

    /** @return reason why the watch was refused */
    String refused(WatchCreateRequest.Builder create) {
        WatchResponse response = created(create);
        assertTrue(response.getCanceled());
        assertEquals(-1, response.getWatchId());
        return response.getCancelReason();
    }

    public void cancel(long id) {
        send(WatchRequest.newBuilder()
                .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
                .build());
    }

    public void requestProgress() {
        send(WatchRequest.newBuilder()
                .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                .build());
    }

    public WatchResponse next() {
        if (slow) {
            stream.request(1);
        }
        Object next = take();
        if (next instanceof WatchResponse response) {
            return response;
        }
        throw new AssertionError("the stream has ended: " + next);
    }

    /** @return how the stream ended */
    public Status end() {
        return (Status) take();
    }

    /** @return whether requests leave at once */
    public boolean isReady() {
        return stream.isReady();
    }

    public boolean isSilent() {
        return got.isEmpty();
    }

    private Object take() {
        try {
            Object next = got.poll(30, TimeUnit.SECONDS);
            assertNotNull(next, "nothing within 30 s");
            return next;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static WatchCreateRequest.Builder key(String key) {
        return WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8(key));
    }

    static WatchCreateRequest.Builder range(String key, String end) {
        return key(key).setRangeEnd(ByteString.copyFromUtf8(end));
    }

    @Override
    public void close() {
        stream.cancel("the test is done", null);
    }
}
