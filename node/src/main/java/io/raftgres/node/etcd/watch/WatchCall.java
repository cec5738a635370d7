package io.raftgres.node.etcd.watch;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.etcdserver.WatchCreateRequest;
import io.raftgres.etcd.api.etcdserver.WatchRequest;
import io.raftgres.etcd.api.etcdserver.WatchResponse;
import io.raftgres.node.etcd.auth.CallInterceptor;
import io.raftgres.node.etcd.call.EtcdError;
import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.etcd.call.StatusMapping;
import io.raftgres.node.etcd.message.Ranges;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.watch.Delivery;
import io.raftgres.node.service.watch.WatchFeed;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One client's stream of watches. Any thread that has a delivery for it, or sees that it takes more, sends as much as
 * gRPC accepts without buffering. The rest stays in the feed, which is bounded. While a client does not read its
 * responses, no further requests are read from it.
 */
final class WatchCall implements StreamObserver<WatchRequest> {

    /** Maximum number of requests without a response; etcd's number. */
    private static final int UNANSWERED = 16;

    private static final ByteString SMALLEST = ByteString.copyFrom(new byte[] {0});
    private static final String EMPTY_RANGE = "mvcc: watcher range is empty";
    private static final String DUPLICATE_ID = "mvcc: duplicate watch ID provided on the WatchStream";

    private final EtcdOptions options;
    private final ServerCallStreamObserver<WatchResponse> client;
    private final WatchResponses responses;
    private final WatchFeed feed;
    private final Consumer<WatchCall> gone;
    private final boolean needsLeader;
    private final Map<Long, EtcdWatch> watches = new HashMap<>();
    private long nextId;
    private boolean ended;

    /**
     * Within the call's handler, before it returns.
     *
     * @param gone called once, when the stream has ended
     * @throws ServiceException when there can be no watches now
     */
    WatchCall(
            KvService service,
            WatchResponses responses,
            EtcdOptions options,
            ServerCallStreamObserver<WatchResponse> client,
            Consumer<WatchCall> gone) {
        this.responses = responses;
        this.options = options;
        this.client = client;
        this.gone = gone;
        this.needsLeader = CallInterceptor.needsLeader();
        this.feed = service.watches(this::send);
        client.disableAutoRequest();
        client.setOnReadyHandler(this::send);
        client.setOnCancelHandler(this::cancelled);
        client.request(UNANSWERED);
    }

    boolean needsLeader() {
        return needsLeader;
    }

    synchronized boolean hasEnded() {
        return ended;
    }

    @Override
    public synchronized void onNext(WatchRequest request) {
        if (ended) {
            return;
        }
        try {
            take(request);
        } catch (RuntimeException e) {
            end(StatusMapping.of(e));
        }
    }

    private void take(WatchRequest request) {
        switch (request.getRequestUnionCase()) {
            case CREATE_REQUEST -> create(request.getCreateRequest());
            case CANCEL_REQUEST -> {
                EtcdWatch watch = watches.remove(request.getCancelRequest().getWatchId());
                if (watch == null || !feed.cancel(watch)) {
                    // This request gets no response that would return the permit.
                    client.request(1);
                }
            }
            case PROGRESS_REQUEST -> {
                feed.requestProgress();
                client.request(1);
            }
            // A request of a later version of the protocol; etcd ignores it too.
            case REQUESTUNION_NOT_SET -> client.request(1);
        }
    }

    private void create(WatchCreateRequest request) {
        ByteString key = request.getKey().isEmpty() ? SMALLEST : request.getKey();
        if (request.getStartRevision() < 0) {
            refuse(EtcdError.COMPACTED.status().getDescription());
            return;
        }
        KeyRange range = Ranges.of(key, request.getRangeEnd());
        try {
            feed.requireRight(range);
        } catch (ServiceException e) {
            refuse(WatchResponses.denial(e));
            return;
        }
        // The key after the longest key may be the end of its range.
        if (key.size() > options.maxKeyBytes() || request.getRangeEnd().size() > options.maxKeyBytes() + 1) {
            refuse(EtcdError.REQUEST_TOO_LARGE.status().getDescription());
            return;
        }
        if (range.to() != null && range.from().compareTo(range.to()) >= 0) {
            refuse(EMPTY_RANGE);
            return;
        }
        long id = request.getWatchId() == 0 ? freeId() : request.getWatchId();
        if (id == WatchResponses.NO_WATCH || watches.containsKey(id)) {
            refuse(DUPLICATE_ID);
            return;
        }
        EtcdWatch watch = new EtcdWatch(id, range, request);
        watches.put(id, watch);
        try {
            feed.add(watch);
        } catch (ServiceException.Overloaded e) {
            watches.remove(id);
            refuse(EtcdError.TOO_MANY_REQUESTS.status().getDescription());
        } catch (ServiceException.Rejected e) {
            watches.remove(id);
            refuse(WatchResponses.denial(e));
        }
    }

    private long freeId() {
        while (watches.containsKey(nextId)) {
            nextId++;
        }
        return nextId++;
    }

    private void refuse(String reason) {
        feed.own(responses.refused(reason));
    }

    private synchronized void send() {
        if (ended) {
            return;
        }
        try {
            while (feed.failure() == null && client.isReady()) {
                Delivery delivery = feed.poll();
                if (delivery == null) {
                    break;
                }
                send(delivery);
            }
            if (feed.failure() != null) {
                throw feed.failure();
            }
        } catch (RuntimeException e) {
            end(StatusMapping.of(e));
        }
    }

    private void send(Delivery delivery) {
        switch (delivery) {
            case Delivery.Created created ->
                answer(responses.created((EtcdWatch) created.watcher(), created.revision()));
            case Delivery.Changes changes -> {
                EtcdWatch watch = (EtcdWatch) changes.watcher();
                watch.silent = false;
                responses.events(watch, changes, client::onNext);
            }
            case Delivery.Progress progress ->
                client.onNext(responses.progress(
                        progress.watcher() == null ? WatchResponses.NO_WATCH : ((EtcdWatch) progress.watcher()).id,
                        progress.revision()));
            case Delivery.Cancelled cancelled
            when cancelled.reason() == null -> answer(responses.cancelled((EtcdWatch) cancelled.watcher(), cancelled));
            case Delivery.Cancelled cancelled -> {
                EtcdWatch watch = (EtcdWatch) cancelled.watcher();
                watches.remove(watch.id, watch);
                client.onNext(responses.cancelled(watch, cancelled));
            }
            case Delivery.Own own -> answer((WatchResponse) own.content());
        }
    }

    private void answer(WatchResponse response) {
        client.onNext(response);
        client.request(1);
    }

    /** Sends their progress to the silent watches that requested it. */
    synchronized void progress() {
        for (EtcdWatch watch : watches.values()) {
            if (watch.progressNotify) {
                if (watch.silent) {
                    feed.requestProgress(watch);
                }
                watch.silent = true;
            }
        }
    }

    synchronized void end(StatusRuntimeException why) {
        if (!ended) {
            client.onError(why);
            release();
        }
    }

    private synchronized void cancelled() {
        if (!ended) {
            release();
        }
    }

    private void release() {
        ended = true;
        watches.clear();
        feed.close();
        gone.accept(this);
    }

    @Override
    public void onError(Throwable why) {
        cancelled();
    }

    /** The client sends no more requests; its watches continue, as in etcd. */
    @Override
    public void onCompleted() {}
}
