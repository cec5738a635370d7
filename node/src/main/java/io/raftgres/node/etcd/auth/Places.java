package io.raftgres.node.etcd.auth;

import io.raftgres.node.etcd.call.EtcdError;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/** Limits work that keeps a processor busy: a few tasks run at a time, and a limited number waits in order. */
final class Places {

    private final Semaphore working;
    private final Semaphore inside;

    Places(int working, int waiting) {
        this.working = new Semaphore(working, true);
        this.inside = new Semaphore(working + waiting);
    }

    /**
     * Waits for a place.
     *
     * @throws io.grpc.StatusRuntimeException when too many wait
     */
    <T> T run(Supplier<T> work) {
        if (!inside.tryAcquire()) {
            throw EtcdError.TOO_MANY_REQUESTS.exception();
        }
        try {
            working.acquireUninterruptibly();
            try {
                return work.get();
            } finally {
                working.release();
            }
        } finally {
            inside.release();
        }
    }
}
