package io.raftgres.node.service.write;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Batches the requests of one pass of an event loop, which handles all data that has arrived on its connections. At the
 * end of the pass, its requests to one destination are sent together.
 */
public final class EventLoopBatch {

    private static final ThreadLocal<EventLoopBatch> CURRENT = new ThreadLocal<>();

    private final Executor loop;
    private boolean ends;

    private EventLoopBatch(Executor loop) {
        this.loop = loop;
    }

    /**
     * Makes this thread batch from now on.
     *
     * @param loop runs a task after the thread's current work
     */
    public static void enable(Executor loop) {
        CURRENT.set(new EventLoopBatch(loop));
    }

    /**
     * @param flush run once at the end of this thread's pass, however often it is requested; immediately on a thread
     *     that does not batch
     */
    static void atEnd(Runnable flush) {
        EventLoopBatch batch = CURRENT.get();
        if (batch == null) {
            flush.run();
        } else if (!batch.ends) {
            batch.ends = true;
            try {
                batch.loop.execute(() -> {
                    batch.ends = false;
                    flush.run();
                });
            } catch (RejectedExecutionException e) {
                // The event loop is shutting down: this is its last pass.
                batch.ends = false;
                flush.run();
            }
        }
    }
}
