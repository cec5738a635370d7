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

    /** What one request holds, given back at once. Thread-safe: who takes and who closes need not know each other. */
    public final class Hold implements AutoCloseable {
        private long held;
        private boolean closed;

        /** @return false: there is not so much left, and nothing is taken; when it is closed, nothing is either */
        public synchronized boolean take(long bytes) {
            if (closed) {
                return true;
            }
            if (!MemoryAccount.this.take(bytes)) {
                return false;
            }
            held += bytes;
            return true;
        }

        /** Takes what is there already. */
        public synchronized void add(long bytes) {
            if (!closed) {
                MemoryAccount.this.add(bytes);
                held += bytes;
            }
        }

        /** Gives all of it back, and may take more. */
        public synchronized void release() {
            give(held);
            held = 0;
        }

        /** Gives all of it back and takes no more. */
        @Override
        public synchronized void close() {
            release();
            closed = true;
        }
    }
}
