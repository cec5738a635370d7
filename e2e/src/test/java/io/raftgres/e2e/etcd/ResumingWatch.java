package io.raftgres.e2e.etcd;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.etcdserver.WatchCreateRequest;
import io.raftgres.etcd.api.etcdserver.WatchGrpc;
import io.raftgres.etcd.api.etcdserver.WatchRequest;
import io.raftgres.etcd.api.etcdserver.WatchResponse;
import io.raftgres.etcd.api.mvcc.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A watch as a client of etcd keeps it: when its stream breaks, it continues at the next node after the last event that
 * it has received.
 */
final class ResumingWatch implements AutoCloseable {

    private static final ByteString KEY = ByteString.copyFromUtf8("k");
    private static final ByteString END = ByteString.copyFromUtf8("l");

    private final List<ManagedChannel> nodes;
    private final List<Event> seen = new ArrayList<>();
    private final Thread thread;
    private volatile long revision = 1;
    private volatile boolean closed;
    private volatile String wrong;

    /** @param first number of the first node */
    ResumingWatch(List<ManagedChannel> nodes, int first) {
        this.nodes = nodes;
        this.thread = Thread.ofVirtual().start(() -> run(first));
    }

    /** @return revision of the last event */
    long revision() {
        return revision;
    }

    /** @return why the received events are wrong; null if they may be right */
    String wrong() {
        return wrong;
    }

    synchronized List<Event> seen() {
        return List.copyOf(seen);
    }

    private void run(int first) {
        for (int node = first; !closed && wrong == null; node++) {
            try {
                stream(nodes.get(node % nodes.size()));
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void stream(ManagedChannel node) throws InterruptedException {
        LinkedBlockingQueue<Object> reported = new LinkedBlockingQueue<>();
        StreamObserver<WatchRequest> requests = WatchGrpc.newStub(node).watch(new StreamObserver<>() {
            @Override
            public void onNext(WatchResponse response) {
                reported.add(response);
            }

            @Override
            public void onError(Throwable why) {
                reported.add(why);
            }

            @Override
            public void onCompleted() {
                reported.add(new IllegalStateException("ended"));
            }
        });
        requests.onNext(WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder()
                        .setKey(KEY)
                        .setRangeEnd(END)
                        .setStartRevision(revision + 1))
                .build());
        while (!closed) {
            Object next = reported.poll(100, TimeUnit.MILLISECONDS);
            if (next instanceof WatchResponse response) {
                if (response.getCanceled()) {
                    wrong = "canceled at " + revision + ": " + response.getCancelReason() + ", compacted "
                            + response.getCompactRevision();
                    return;
                }
                response.getEventsList().forEach(this::take);
            } else if (next != null) {
                // A dead node fails at once, so wait a moment before the next one.
                TimeUnit.MILLISECONDS.sleep(20);
                return;
            }
        }
        requests.onCompleted();
    }

    private synchronized void take(Event event) {
        if (event.getKv().getModRevision() <= revision) {
            wrong = "revision " + event.getKv().getModRevision() + " after " + revision;
        }
        revision = event.getKv().getModRevision();
        seen.add(event);
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        thread.join();
    }
}
