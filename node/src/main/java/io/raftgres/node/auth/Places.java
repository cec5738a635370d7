package io.raftgres.node.auth;

import io.raftgres.node.kv.ServiceException;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/** Limits work that keeps a processor busy: a few tasks run at a time, and a limited number waits in order. */
final class Places {

    private static final long RETRY_MILLIS = 1_000;

    private final Semaphore working;
    private final Semaphore inside;

    Places(int working, int waiting) {
        this.working = new Semaphore(working, true);
        this.inside = new Semaphore(working + waiting);
    }

    /**
     * Waits for a place.
     *
     * @throws ServiceException.Overloaded when too many wait
     */
    <T> T run(Supplier<T> work) {
        if (!inside.tryAcquire()) {
            throw new ServiceException.Overloaded(
                    "too many passwords wait to be hashed on this node; try again later", RETRY_MILLIS);
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
