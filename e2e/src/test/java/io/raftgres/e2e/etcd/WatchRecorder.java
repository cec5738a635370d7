package io.raftgres.e2e.etcd;

import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.etcdserver.WatchCreateRequest;
import io.raftgres.etcd.api.etcdserver.WatchGrpc;
import io.raftgres.etcd.api.etcdserver.WatchProgressRequest;
import io.raftgres.etcd.api.etcdserver.WatchRequest;
import io.raftgres.etcd.api.etcdserver.WatchResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The watches of one script, all on one stream, and their events. */
final class WatchRecorder implements AutoCloseable, StreamObserver<WatchResponse> {

    private static final long PATIENCE_SECONDS = 30;
    private static final long ASK_MILLIS = 20;
    private static final long QUIET_MILLIS = 400;

    private final long base;
    private final ClientCallStreamObserver<WatchRequest> requests;
    private final BlockingQueue<WatchResponse> created = new LinkedBlockingQueue<>();
    /** Indexed by the order in which they were opened. */
    private final List<Long> ids = new ArrayList<>();

    private final Map<Long, List<String>> reported = new HashMap<>();
    private long progress;
    /** etcd responds to no progress request on a stream after a compaction has cut off one of its watches. */
    private boolean canceled;

    private long lastEventNanos = System.nanoTime();
    private Throwable failure;

    WatchRecorder(ManagedChannel channel, long base) {
        this.base = base;
        this.requests = (ClientCallStreamObserver<WatchRequest>)
                WatchGrpc.newStub(channel).watch(this);
    }

    /** @return the first response to the new watch */
    String open(WatchCreateRequest request) throws InterruptedException {
        WatchCreateRequest asked = (WatchCreateRequest) Revisions.shifted(request, base);
        requests.onNext(WatchRequest.newBuilder().setCreateRequest(asked).build());
        WatchResponse response = created.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (response == null) {
            return "no response: " + failure;
        }
        synchronized (this) {
            ids.add(response.getWatchId());
        }
        return "watch created" + (response.getCanceled() ? ", canceled: " + response.getCancelReason() : "");
    }

    /** Waits until all have received everything up to this revision. @return a line for each watch */
    List<String> finish(long revision) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        synchronized (this) {
            lastEventNanos = System.nanoTime();
            while (!ids.isEmpty()
                    && progress < revision
                    && !isQuiet()
                    && failure == null
                    && System.nanoTime() < deadline) {
                requests.onNext(WatchRequest.newBuilder()
                        .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                        .build());
                wait(ASK_MILLIS);
            }
            List<String> lines = new ArrayList<>();
            for (long id : ids) {
                lines.add("watch reported " + reported.getOrDefault(id, List.of()));
            }
            if (!ids.isEmpty() && progress < revision && !canceled) {
                lines.add("watches did not come to the end: " + failure);
            }
            return lines;
        }
    }

    private boolean isQuiet() {
        return canceled && System.nanoTime() - lastEventNanos > TimeUnit.MILLISECONDS.toNanos(QUIET_MILLIS);
    }

    @Override
    public synchronized void onNext(WatchResponse response) {
        canceled |= response.getCanceled();
        if (response.getWatchId() != -1) {
            lastEventNanos = System.nanoTime();
        }
        if (response.getCreated()) {
            created.add(response);
        } else if (response.getWatchId() == -1) {
            progress = Math.max(progress, response.getHeader().getRevision());
        } else {
            List<String> lines = reported.computeIfAbsent(response.getWatchId(), id -> new ArrayList<>());
            response.getEventsList().forEach(event -> lines.add(Revisions.text(event, base)));
            if (response.getCanceled()) {
                lines.add("canceled, compacted at " + (response.getCompactRevision() - base) + " "
                        + response.getCancelReason());
            }
        }
        notifyAll();
    }

    @Override
    public synchronized void onError(Throwable why) {
        failure = why;
        notifyAll();
    }

    @Override
    public synchronized void onCompleted() {
        failure = new IllegalStateException("the stream was ended");
        notifyAll();
    }

    @Override
    public void close() {
        // A stream continues after the client has sent its last request, in etcd and in Raftgres.
        requests.cancel("the script is over", null);
    }
}
