package io.raftgres.e2e.etcd;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import io.raftgres.etcd.api.etcdserver.WatchCreateRequest;

/**
 * One step of a script, sent to both systems. Its revisions count from the beginning of the script: {@link Revisions}.
 */
sealed interface Step {

    /** A call with one response. */
    record Call(Message request) implements Step {}

    /** A range as a stream; all its pieces together are one response. */
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
