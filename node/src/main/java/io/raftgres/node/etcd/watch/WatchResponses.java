package io.raftgres.node.etcd.watch;

import com.google.protobuf.CodedOutputStream;
import io.grpc.Status;
import io.raftgres.etcd.api.etcdserver.WatchResponse;
import io.raftgres.etcd.api.mvcc.Event;
import io.raftgres.etcd.api.mvcc.KeyValue;
import io.raftgres.node.etcd.call.StatusMapping;
import io.raftgres.node.etcd.message.EtcdResponses;
import io.raftgres.node.etcd.message.Headers;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.watch.Delivery;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Converts the deliveries of a watch to etcd's messages.
 *
 * @param maxBytes a message about to be longer is cut where its watch allows that
 */
record WatchResponses(Headers headers, int maxBytes) {

    /** Stands for no watch, or for all watches of the stream. */
    static final long NO_WATCH = -1;

    private static final int EVENTS_TAG_BYTES = CodedOutputStream.computeTagSize(WatchResponse.EVENTS_FIELD_NUMBER);

    WatchResponse created(EtcdWatch watch, long revision) {
        return of(watch.id, revision).setCreated(true).build();
    }

    WatchResponse refused(String reason) {
        return WatchResponse.newBuilder()
                .setHeader(headers.now())
                .setWatchId(NO_WATCH)
                .setCreated(true)
                .setCanceled(true)
                .setCancelReason(reason)
                .build();
    }

    WatchResponse cancelled(EtcdWatch watch, Delivery.Cancelled cancelled) {
        WatchResponse.Builder response = of(watch.id, cancelled.revision()).setCanceled(true);
        if (cancelled.reason() instanceof ServiceException.Compacted compacted) {
            response.setCompactRevision(compacted.compactedRevision());
        } else if (cancelled.reason() instanceof ServiceException.Rejected rejected) {
            response.setCancelReason(denial(rejected));
        } else if (cancelled.reason() != null) {
            response.setCancelReason(
                    StatusMapping.of(cancelled.reason()).getStatus().getDescription());
        }
        return response.build();
    }

    /** @return etcd's text: its client reads the code from it */
    static String denial(ServiceException refusal) {
        Status status = StatusMapping.of(refusal).getStatus();
        String code = switch (status.getCode()) {
            case UNAUTHENTICATED -> "Unauthenticated";
            case INVALID_ARGUMENT -> "InvalidArgument";
            case PERMISSION_DENIED -> "PermissionDenied";
            default -> null;
        };
        return code == null
                ? status.getDescription()
                : "rpc error: code = " + code + " desc = " + status.getDescription();
    }

    WatchResponse progress(long id, long revision) {
        return of(id, revision).build();
    }

    private WatchResponse.Builder of(long id, long revision) {
        return WatchResponse.newBuilder().setHeader(headers.at(revision)).setWatchId(id);
    }

    /** @param each gets one response, or several if the watch allows fragments and one response would be too long */
    void events(EtcdWatch watch, Delivery.Changes changes, Consumer<WatchResponse> each) {
        WatchResponse.Builder response = of(watch.id, changes.revision());
        int emptyBytes = response.build().getSerializedSize();
        int bytes = emptyBytes;
        Former former = new Former(changes);
        for (Change change : changes.changes()) {
            Event event = event(change, watch.prevKv ? former.of(change) : null);
            int eventBytes = EVENTS_TAG_BYTES + CodedOutputStream.computeMessageSizeNoTag(event);
            if (watch.fragment && response.getEventsCount() > 0 && bytes + eventBytes >= maxBytes) {
                each.accept(response.setFragment(true).build());
                response.clearEvents().clearFragment();
                bytes = emptyBytes;
            }
            response.addEvents(event);
            bytes += eventBytes;
        }
        each.accept(response.build());
    }

    /** The rows before the transactions that changed them. One transaction may put a key and delete it. */
    private static final class Former {
        private final Delivery.Changes changes;
        private final Map<Key, Change> puts = new HashMap<>(0);
        private long revision;

        Former(Delivery.Changes changes) {
            this.changes = changes;
        }

        /** @return null if there was no such row, or its value is not available */
        Row of(Change change) {
            if (change.before() == null || change.before().modRevision() < change.revision()) {
                return here(change);
            }
            if (revision != change.revision()) {
                revision = change.revision();
                puts.clear();
                changes.changes().stream()
                        .filter(each -> each.revision() == revision && !each.isDelete())
                        .forEach(each -> puts.put(each.key(), each));
            }
            Change put = puts.get(change.key());
            // A watch without puts did not get this event.
            return put == null ? null : here(put);
        }

        private static Row here(Change change) {
            return change.leftValue() ? null : change.before();
        }
    }

    private static Event event(Change change, Row previous) {
        Event.Builder event = Event.newBuilder();
        if (change.isDelete()) {
            event.setType(Event.EventType.DELETE)
                    .setKv(KeyValue.newBuilder()
                            .setKey(EtcdResponses.bytes(change.key().bytes()))
                            .setModRevision(change.revision()));
        } else {
            event.setKv(EtcdResponses.keyValue(change.after()));
        }
        if (previous != null) {
            event.setPrevKv(EtcdResponses.keyValue(previous));
        }
        return event.build();
    }
}
