package io.raftgres.node.memory;

import java.util.concurrent.atomic.AtomicLong;

/** What one share holds, counted by whoever holds it. Thread-safe. */
public final class MemoryAccount {

    private final long limit;
    private final AtomicLong used = new AtomicLong();

    /** @param limit bytes */
    public MemoryAccount(long limit) {
        this.limit = limit;
    }

    /** @return false: there is not so much left, and nothing is taken */
    public boolean take(long bytes) {
        if (used.addAndGet(bytes) > limit) {
            used.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    /** Takes what is there already, whether or not there is room. */
    public void add(long bytes) {
        used.addAndGet(bytes);
    }

    public void give(long bytes) {
        used.addAndGet(-bytes);
    }

    /** @return whether nothing more is to be taken for the time being */
    public boolean isFull() {
        return used.get() >= limit;
    }

    public long used() {
        return used.get();
    }

    public long limit() {
        return limit;
    }

    /** @return what one request holds: nothing yet */
    public Hold open() {
        return new Hold();
    }

    /** What one request holds, given back at once. */
    public final class Hold implements AutoCloseable {
        private final AtomicLong held = new AtomicLong();

        /** @return false: there is not so much left, and nothing is taken */
        public boolean take(long bytes) {
            if (!MemoryAccount.this.take(bytes)) {
                return false;
            }
            held.addAndGet(bytes);
            return true;
        }

        /** Takes what is there already. */
        public void add(long bytes) {
            MemoryAccount.this.add(bytes);
            held.addAndGet(bytes);
        }

        /** Gives all of it back; may be called again, on any thread. */
        @Override
        public void close() {
            give(held.getAndSet(0));
        }
    }
}
