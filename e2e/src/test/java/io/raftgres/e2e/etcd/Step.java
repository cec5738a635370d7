package io.raftgres.e2e.etcd;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import io.raftgres.etcd.api.etcdserver.WatchCreateRequest;

/** One thing that is asked of both systems. Revisions in it count from where the script began: {@link Revisions}. */
sealed interface Step {

    /** A call that has one response. */
    record Call(Message request) implements Step {}

    /** A range as a stream: its pieces together are one response. */
    record Stream(RangeRequest request) implements Step {}

    /** A watch, read to the end of the script. */
    record Watch(WatchCreateRequest request) implements Step {}

    default String text() {
        return switch (this) {
            case Call call ->
                call.request().getDescriptorForType().getName() + " {"
                        + TextFormat.printer().emittingSingleLine(true).printToString(call.request()) + "}";
            case Stream stream ->
                "RangeStream {" + TextFormat.printer().emittingSingleLine(true).printToString(stream.request()) + "}";
            case Watch watch ->
                "watch {" + TextFormat.printer().emittingSingleLine(true).printToString(watch.request()) + "}";
        };
    }
}
