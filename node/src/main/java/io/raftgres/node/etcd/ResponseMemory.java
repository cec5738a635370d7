package io.raftgres.node.etcd;

import io.grpc.Status;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what answers of one message each hold in memory, all calls together: such an answer cannot be sent before it
 * is whole. Whoever asks for more than there is gets an error that says what to do instead.
 */
final class ResponseMemory {

    private static final int PART_OF_HEAP = 3;

    private final long maxBytes;
    private final AtomicLong taken = new AtomicLong();

    ResponseMemory(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    static ResponseMemory ofThisProcess() {
        return new ResponseMemory(Runtime.getRuntime().maxMemory() / PART_OF_HEAP);
    }

    Share open() {
        return new Share();
    }

    /** What one call holds. Used by one thread. */
    final class Share implements AutoCloseable {
        private long bytes;

        /** @throws io.grpc.StatusRuntimeException RESOURCE_EXHAUSTED when there is no more */
        void take(long more) {
            bytes += more;
            if (taken.addAndGet(more) > maxBytes) {
                throw Status.RESOURCE_EXHAUSTED.withDescription("etcdserver: the answer is too large for one message on"
                        + " this node: read the range in parts with a limit, or by RangeStream").asRuntimeException();
            }
        }

        @Override
        public void close() {
            taken.addAndGet(-bytes);
        }
    }
}
