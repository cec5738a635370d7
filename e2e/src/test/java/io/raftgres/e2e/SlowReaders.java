package io.raftgres.e2e;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import io.raftgres.etcd.api.etcdserver.RequestOp;
import io.raftgres.etcd.api.etcdserver.TxnRequest;
import io.raftgres.etcd.api.etcdserver.WatchCreateRequest;
import io.raftgres.etcd.api.etcdserver.WatchGrpc;
import io.raftgres.etcd.api.etcdserver.WatchRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Clients of one node that request much data and read almost none of it: REST, streams, single responses, transactions
 * that read, watches of the past, and the gateway.
 */
final class SlowReaders implements AutoCloseable {

    /** Reads this number of bytes, then pauses, as {@code curl --limit-rate 1k} does. */
    private static final int BYTES = 1 << 10;

    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final int RECEIVE_BYTES = 4 << 10;
    private static final int WINDOW_BYTES = 64 << 10;
    private static final int TIMEOUT_MILLIS = 120_000;

    private final AtomicBoolean over = new AtomicBoolean();
    private final List<Thread> threads = new ArrayList<>();
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final CountDownLatch begun;

    /** @param prefix of the keys that they read */
    SlowReaders(Cluster cluster, int node, String prefix, int ofEach) {
        ByteString from = ByteString.copyFromUtf8(prefix);
        ByteString to = ByteString.copyFromUtf8(
                prefix.substring(0, prefix.length() - 1) + (char) (prefix.charAt(prefix.length() - 1) + 1));
        this.begun = new CountDownLatch(2 * ofEach);
        RangeRequest all =
                RangeRequest.newBuilder().setKey(from).setRangeEnd(to).build();
        RangeRequest some = all.toBuilder().setLimit(3).build();
        String json = "{\"key\":\"" + base64(from) + "\",\"range_end\":\"" + base64(to) + "\",\"limit\":2}";
        for (int i = 0; i < ofEach; i++) {
            trickle(cluster.httpPort(node), "GET /v1/kv?prefix=" + prefix + " HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
            trickle(
                    cluster.etcdPort(node),
                    "POST /v3/kv/range HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: " + json.length() + "\r\n\r\n"
                            + json);
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", cluster.etcdPort(node))
                    .usePlaintext()
                    .flowControlWindow(WINDOW_BYTES)
                    .build();
            channels.add(channel);
            ask(channel, KVGrpc.getRangeStreamMethod(), all);
            ask(channel, KVGrpc.getRangeMethod(), some);
            ask(
                    channel,
                    KVGrpc.getTxnMethod(),
                    TxnRequest.newBuilder()
                            .addSuccess(RequestOp.newBuilder().setRequestRange(some))
                            .build());
            ask(
                    channel,
                    WatchGrpc.getWatchMethod(),
                    WatchRequest.newBuilder()
                            .setCreateRequest(WatchCreateRequest.newBuilder()
                                    .setKey(from)
                                    .setRangeEnd(to)
                                    .setStartRevision(1))
                            .build());
        }
    }

    private static String base64(ByteString bytes) {
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    /** Requests no message: the response stays at the node, except for one window of bytes. */
    private static <Q extends Message, A> void ask(ManagedChannel channel, MethodDescriptor<Q, A> method, Q request) {
        ClientCall<Q, A> call = channel.newCall(method, CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        call.sendMessage(request);
        if (method.getType().clientSendsOneMessage()) {
            call.halfClose();
        }
    }

    private void trickle(int port, String request) {
        threads.add(Thread.ofVirtual().name("slow-reader").start(() -> {
            boolean reported = false;
            try (RawConnection connection = new RawConnection(port, TIMEOUT_MILLIS, RECEIVE_BYTES)) {
                connection.send(request);
                while (!over.get()) {
                    for (int i = 0; i < BYTES; i++) {
                        if (connection.read() < 0) {
                            return;
                        }
                        if (!reported) {
                            begun.countDown();
                            reported = true;
                        }
                    }
                    TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
                }
            } catch (IOException e) {
                // The node may disconnect a slow reader.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                if (!reported) {
                    begun.countDown();
                }
            }
        }));
    }

    /** @return whether all readers over HTTP have a response or a refusal */
    boolean awaitBegun() throws InterruptedException {
        return begun.await(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() throws InterruptedException {
        over.set(true);
        channels.forEach(ManagedChannel::shutdownNow);
        for (Thread thread : threads) {
            thread.interrupt();
            thread.join();
        }
    }
}
