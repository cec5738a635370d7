package io.raftgres.node.service.read;

import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowSource;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.store.sql.StoreDamagedException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Reads rows that are not in memory from PostgreSQL: one query reads all rows that wait at that time. */
public final class MissReader implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(MissReader.class);

    private static final int MAX_WAITING = 10_000;
    private static final int MAX_QUERY_KEYS = 500;
    private static final int READERS = 2;

    /**
     * @param found called with the row, null when there is none;
     * @param failed called instead when PostgreSQL is unavailable
     */
    private record Miss(Key key, Consumer<Row> found, Consumer<StoreUnavailableException> failed) {}

    private final RowSource source;
    private final Consumer<StoreDamagedException> damaged;
    private final BlockingQueue<Miss> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final List<Thread> readers = new ArrayList<>();

    /** @param damaged called when PostgreSQL's data turns out to be corrupt */
    public MissReader(RowSource source, Consumer<StoreDamagedException> damaged) {
        this.source = source;
        this.damaged = damaged;
        for (int i = 0; i < READERS; i++) {
            readers.add(Thread.ofVirtual().name("miss-reader-" + i).start(this::run));
        }
    }

    /** @return false: too many reads wait */
    boolean read(Key key, Consumer<Row> found, Consumer<StoreUnavailableException> failed) {
        return waiting.offer(new Miss(key, found, failed));
    }

    int waiting() {
        return waiting.size();
    }

    @Override
    public void close() {
        readers.forEach(Thread::interrupt);
    }

    private void run() {
        List<Miss> taken = new ArrayList<>();
        try {
            while (true) {
                taken.add(waiting.take());
                waiting.drainTo(taken, MAX_QUERY_KEYS - 1);
                answer(taken);
                taken.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Reads in several parts, so that memory holds only one part at a time. */
    private void answer(List<Miss> all) {
        for (List<Miss> misses = all; !misses.isEmpty(); ) {
            misses = answerSome(misses);
        }
    }

    /** @return the keys whose rows were left out */
    private List<Miss> answerSome(List<Miss> misses) {
        Set<Key> keys = new HashSet<>();
        misses.forEach(miss -> keys.add(miss.key()));
        try {
            Map<Key, Row> rows = source.get(keys);
            List<Miss> left = new ArrayList<>();
            for (Miss miss : misses) {
                if (rows.containsKey(miss.key()) && rows.get(miss.key()) == null) {
                    left.add(miss);
                } else {
                    miss.found().accept(rows.get(miss.key()));
                }
            }
            return left;
        } catch (StoreUnavailableException e) {
            misses.forEach(miss -> miss.failed().accept(e));
        } catch (StoreDamagedException e) {
            damaged.accept(e);
            misses.forEach(miss -> miss.failed().accept(new StoreUnavailableException(e.getMessage(), e)));
        } catch (RuntimeException e) {
            // The waiting reads must fail, and later reads must still be answered.
            LOG.errorf(e, "reading %d rows from PostgreSQL failed", keys.size());
            misses.forEach(miss -> miss.failed().accept(new StoreUnavailableException(e.getMessage(), e)));
        }
        return List.of();
    }
}
