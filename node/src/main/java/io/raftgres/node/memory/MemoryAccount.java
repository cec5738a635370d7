package io.raftgres.node.memory;

import java.util.concurrent.atomic.AtomicLong;

/** Counts the bytes that one share holds. Thread-safe. */
public final class MemoryAccount {

    private final long limit;
    private final AtomicLong used = new AtomicLong();

    /** @param limit bytes */
    public MemoryAccount(long limit) {
        this.limit = limit;
    }

    /** @return false: too little is left, and nothing is taken */
    public boolean take(long bytes) {
        if (used.addAndGet(bytes) > limit) {
            used.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    /** Takes bytes that are in memory already, whether or not there is room. */
    public void add(long bytes) {
        used.addAndGet(bytes);
    }

    public void give(long bytes) {
        used.addAndGet(-bytes);
    }

    /** @return whether no more may be taken for now */
    public boolean isFull() {
        return used.get() >= limit;
    }

    public long used() {
        return used.get();
    }

    public long limit() {
        return limit;
    }

    /** @return an empty hold for one request */
    public Hold open() {
        return new Hold();
    }

    /**
     * The bytes that one request holds; they are released together. Thread-safe: the taking and the closing thread may
     * differ.
     */
    public final class Hold implements AutoCloseable {
        private long held;
        private boolean closed;

        /** @return false: too little is left, and nothing is taken; once closed, it takes nothing and returns true */
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

        /** Takes bytes that are in memory already. */
        public synchronized void add(long bytes) {
            if (!closed) {
                MemoryAccount.this.add(bytes);
                held += bytes;
            }
        }

        /** Releases all bytes; more may be taken. */
        public synchronized void release() {
            give(held);
            held = 0;
        }

        /** Releases all bytes and takes no more. */
        @Override
        public synchronized void close() {
            release();
            closed = true;
        }
    }
}
