package io.raftgres.node.service.write;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * One turn of an event loop: all that has arrived on its connections by then. What the turn's requests send to one
 * place goes there together, at its end.
 */
public final class EventLoopBatch {

    private static final ThreadLocal<EventLoopBatch> CURRENT = new ThreadLocal<>();

    private final Executor loop;
    private boolean ends;

    private EventLoopBatch(Executor loop) {
        this.loop = loop;
    }

    /** This thread works in turns from now on. @param loop runs a task after what the thread has in hand */
    public static void byTurns(Executor loop) {
        CURRENT.set(new EventLoopBatch(loop));
    }

    /** @param flush run once at the end of this thread's turn, however often it is asked for; at once without turns */
    static void atEnd(Runnable flush) {
        EventLoopBatch turn = CURRENT.get();
        if (turn == null) {
            flush.run();
        } else if (!turn.ends) {
            turn.ends = true;
            try {
                turn.loop.execute(() -> {
                    turn.ends = false;
                    flush.run();
                });
            } catch (RejectedExecutionException e) {
                // The loop ends: this is its last turn.
                turn.ends = false;
                flush.run();
            }
        }
    }
}
