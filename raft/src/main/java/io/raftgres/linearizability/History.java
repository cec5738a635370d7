package io.raftgres.linearizability;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;

/**
 * Records the operations of concurrent clients. Safe for any number of threads; a {@link Pending} belongs to one thread
 * at a time. Memory grows with the number of operations.
 */
public final class History {
    private final LongSupplier clockNs;
    private final Queue<Pending> recorded = new ConcurrentLinkedQueue<>();

    public History() {
        this(System::nanoTime);
    }

    /** @param clockNs one clock for all clients, in nanoseconds, never going back */
    public History(LongSupplier clockNs) {
        this.clockNs = clockNs;
    }

    /** Call this before sending the request. */
    public Pending invoke(long client, String key, Action action) {
        Pending pending = new Pending(clockNs, client, key, action, clockNs.getAsLong());
        recorded.add(pending);
        return pending;
    }

    /** @return all operations so far; those without a response yet count as unknown */
    public List<Operation> operations() {
        List<Operation> operations = new ArrayList<>();
        for (Pending pending : recorded) {
            operations.add(pending.operation());
        }
        return operations;
    }

    /** An operation that has been invoked. */
    public static final class Pending {
        private final LongSupplier clockNs;
        private volatile Operation operation;

        private Pending(LongSupplier clockNs, long client, String key, Action action, long invokedNs) {
            this.clockNs = clockNs;
            this.operation = new Operation(client, key, action, new Result.Unknown(), invokedNs, Operation.NEVER);
        }

        /** Call this after the response has arrived, at most once. */
        public void complete(Result result) {
            Operation asked = operation;
            if (!(asked.result() instanceof Result.Unknown)) {
                throw new IllegalStateException("completed twice: " + asked);
            }
            operation = new Operation(
                    asked.client(), asked.key(), asked.action(), result, asked.invokedNs(), clockNs.getAsLong());
        }

        Operation operation() {
            return operation;
        }
    }
}
