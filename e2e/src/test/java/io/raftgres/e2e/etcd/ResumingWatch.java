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
 * A watch as a client of etcd keeps it: when its stream breaks, it goes on at the next node behind what it has seen.
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

    /** @param first number of the node to begin with */
    ResumingWatch(List<ManagedChannel> nodes, int first) {
        this.nodes = nodes;
        this.thread = Thread.ofVirtual().start(() -> run(first));
    }

    /** @return of the last event */
    long revision() {
        return revision;
    }

    /** @return why what was told cannot be right; null when it can */
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
                // A node that is dead says so at once: the next one is tried after a breath.
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
