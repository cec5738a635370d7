package io.raftgres.bench.load;

import io.raftgres.bench.load.Connection.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.UnresolvedAddressException;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Loads endpoints with requests over HTTP/1.1, all clients on one thread. It uses as little processor time as possible,
 * because it shares the machine with the measured nodes. A client whose connection fails continues with the next
 * endpoint.
 *
 * <p>The thread that calls {@link #run} owns everything; {@link #stop} and {@link #ended} may be called by others.
 */
public final class LoadGenerator {

    private static final long CONNECT_NANOS_MAX = TimeUnit.SECONDS.toNanos(2);
    private static final int CONNECTING_MAX = 128;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long SCAN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    /**
     * Selectors wait for whole milliseconds. For shorter waits the thread naps for this time between looks at the
     * sockets.
     */
    private static final long NAP_NANOS = TimeUnit.MICROSECONDS.toNanos(40);

    private final LoadPlan plan;
    private final Workload workload;
    private final Connection[] clients;
    private final Recording recording;
    private final ByteBuffer out;
    private final ByteBuffer in = ByteBuffer.allocateDirect(64 * 1024);
    private final byte[] read = new byte[64 * 1024];
    private final ArrayDeque<Connection> idle = new ArrayDeque<>();
    private final PriorityQueue<Connection> sleepers =
            new PriorityQueue<>(Comparator.comparingLong(client -> client.wakeNanos));
    private Selector selector;
    private boolean running;
    private boolean ending;
    private int connecting;
    private int inFlight;
    private long issued;
    private long beginNanos;
    private long endNanos;
    private long scanNanos;
    private volatile boolean stopped;
    private volatile long ended;

    public LoadGenerator(LoadPlan plan, Workload workload) {
        this.plan = plan;
        this.workload = workload;
        recording = new Recording(workload.kinds(), plan.isOpen());
        out = ByteBuffer.allocateDirect(workload.requestBytesMax());
        clients = new Connection[plan.clients()];
        for (int i = 0; i < clients.length; i++) {
            clients[i] = new Connection(i, i % plan.endpoints().size());
        }
    }

    /** Ends the load soon: sends no new request, and waits for those in flight. */
    public void stop() {
        stopped = true;
    }

    /** @return number of requests that have ended, a few milliseconds ago */
    public long ended() {
        return ended;
    }

    /**
     * Runs the planned load, once.
     *
     * @throws UncheckedIOException when the machine has no sockets left
     */
    public LoadResult run() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        boolean timed = threads.isCurrentThreadCpuTimeSupported();
        long wallBefore = System.nanoTime();
        long cpuBefore = timed ? threads.getCurrentThreadCpuTime() : 0;
        try (Selector opened = Selector.open()) {
            selector = opened;
            connectAll();
            begin();
            while (!isOver()) {
                long now = System.nanoTime();
                wake(now);
                scan(now);
                sendDue(now);
                await(System.nanoTime());
            }
            double cpuSeconds = timed ? (threads.getCurrentThreadCpuTime() - cpuBefore) / 1e9 : Double.NaN;
            return finish(cpuSeconds, (System.nanoTime() - wallBefore) / 1e9);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            for (Connection client : clients) {
                client.close();
            }
        }
    }

    /**
     * Connects before the measurement starts, so the figures do not include connecting. Stops waiting after a while.
     */
    private void connectAll() throws IOException {
        long now = System.nanoTime();
        long deadline = now + CONNECT_NANOS_MAX;
        for (Connection client : clients) {
            sleep(client, now);
        }
        while (idle.size() < clients.length && System.nanoTime() - deadline < 0 && !stopped) {
            wake(System.nanoTime());
            scan(System.nanoTime());
            selector.select(this::ready, 2);
        }
    }

    private void begin() {
        beginNanos = System.nanoTime();
        long measured = beginNanos + plan.warmup().toNanos();
        endNanos = measured + plan.duration().toNanos();
        recording.window(measured, endNanos);
        running = true;
        if (!plan.isOpen()) {
            for (int left = idle.size(); left > 0; left--) {
                sendNext(idle.remove(), System.nanoTime());
            }
        }
    }

    private boolean isOver() {
        if (!ending) {
            return false;
        }
        boolean behind = plan.isOpen() && mayIssue() && intended(issued) - endNanos < 0;
        boolean outOfTime = System.nanoTime() - endNanos - plan.timeout().toNanos() > 0;
        return outOfTime || (inFlight == 0 && !behind);
    }

    private boolean mayIssue() {
        return plan.requests() == 0 || issued < plan.requests();
    }

    private long intended(long number) {
        return beginNanos + (long) (number * (1e9 / plan.rate()));
    }

    private void wake(long now) {
        while (!sleepers.isEmpty() && sleepers.peek().wakeNanos - now <= 0) {
            Connection client = sleepers.peek();
            if (client.state == State.AWAY && connecting >= CONNECTING_MAX) {
                return;
            }
            sleepers.remove();
            if (client.state == State.AWAY) {
                connect(client, now);
            } else {
                free(client);
            }
        }
    }

    private void connect(Connection client, long now) {
        connecting++;
        try {
            client.connect(selector, plan.endpoints().get(client.endpoint), now);
            if (client.state == State.IDLE) {
                connecting--;
                free(client);
            }
        } catch (IOException | UnresolvedAddressException e) {
            connectFailed(client, now);
        }
    }

    private void connectFailed(Connection client, long now) {
        connecting--;
        recording.connectFailures++;
        lost(client, now);
    }

    /** The connection is broken; the client continues with another endpoint. */
    private void lost(Connection client, long now) {
        client.close();
        client.endpoint = (client.endpoint + 1) % plan.endpoints().size();
        sleep(client, now + client.backoffNanos());
    }

    private void sleep(Connection client, long untilNanos) {
        client.wakeNanos = untilNanos;
        sleepers.add(client);
    }

    /** The client may send its next request. */
    private void free(Connection client) {
        client.state = State.IDLE;
        if (running && !plan.isOpen()) {
            sendNext(client, System.nanoTime());
        } else {
            idle.add(client);
        }
    }

    private void scan(long now) {
        if (now - scanNanos < SCAN_NANOS && scanNanos != 0) {
            return;
        }
        scanNanos = now;
        ended = recording.requestsInAll;
        boolean done = running && (stopped || now - endNanos >= 0 || !mayIssue());
        if (done && !ending) {
            ending = true;
            if (stopped && now - endNanos < 0) {
                endNanos = now;
                recording.window(beginNanos + plan.warmup().toNanos(), endNanos);
            }
        }
        long timeout = plan.timeout().toNanos();
        for (Connection client : clients) {
            if (client.state == State.WAITING && now - client.exchange.sentNanos > timeout) {
                failed(client, Exchange.Failure.TIMEOUT, now);
            } else if (client.state == State.CONNECTING && now - client.connectNanos > CONNECT_NANOS_MAX) {
                connectFailed(client, now);
            }
        }
    }

    private void sendDue(long now) {
        if (!plan.isOpen()) {
            return;
        }
        while (mayIssue()) {
            long intended = intended(issued);
            if (intended - now > 0 || intended - endNanos >= 0) {
                return;
            }
            Connection client = idle.poll();
            if (client == null) {
                return;
            }
            if (client.state == State.IDLE) {
                send(client, intended);
            }
        }
    }

    private void sendNext(Connection client, long now) {
        if (ending || stopped || now - endNanos >= 0 || !mayIssue()) {
            idle.add(client);
        } else {
            send(client, now);
        }
    }

    private void send(Connection client, long intendedNanos) {
        issued++;
        inFlight++;
        Exchange exchange = client.exchange;
        exchange.status = 0;
        exchange.failure = null;
        exchange.endpoint = client.endpoint;
        exchange.bodyLength = 0;
        client.parser.reset();
        client.state = State.WAITING;
        out.clear();
        exchange.kind = workload.next(client.number, plan.endpoints().get(client.endpoint), out);
        out.flip();
        exchange.sentNanos = plan.isOpen() ? System.nanoTime() : intendedNanos;
        exchange.intendedNanos = intendedNanos;
        try {
            client.send(out);
        } catch (IOException e) {
            failed(client, Exchange.Failure.DISCONNECTED, System.nanoTime());
        }
    }

    /** Waits for the sockets, but not past the next due action. */
    private void await(long now) throws IOException {
        long next = scanNanos + SCAN_NANOS;
        if (!sleepers.isEmpty() && connecting < CONNECTING_MAX) {
            next = Math.min(next, sleepers.peek().wakeNanos);
        }
        long wait = Math.max(next - now, MILLI);
        if (plan.isOpen() && !idle.isEmpty() && mayIssue()) {
            wait = Math.min(wait, intended(issued) - now);
        }
        if (wait >= MILLI) {
            selector.select(this::ready, wait / MILLI);
        } else if (selector.selectNow(this::ready) == 0 && wait > 0) {
            LockSupport.parkNanos(Math.min(wait, NAP_NANOS));
        }
    }

    private void ready(SelectionKey key) {
        Connection client = (Connection) key.attachment();
        if (!key.isValid()) {
            return;
        }
        if (client.state == State.CONNECTING) {
            finishConnect(client);
            return;
        }
        try {
            if (key.isWritable()) {
                client.sendRest();
            }
            if (key.isReadable()) {
                readSome(client);
            }
        } catch (IOException e) {
            broken(client, Exchange.Failure.DISCONNECTED);
        } catch (ResponseParser.Garbage e) {
            broken(client, Exchange.Failure.GARBAGE);
        }
    }

    private void finishConnect(Connection client) {
        try {
            client.finishConnect();
        } catch (IOException e) {
            connectFailed(client, System.nanoTime());
            return;
        }
        connecting--;
        free(client);
    }

    private void readSome(Connection client) throws IOException, ResponseParser.Garbage {
        in.clear();
        int count = client.read(in);
        if (client.state != State.WAITING) {
            if (count != 0) {
                broken(client, Exchange.Failure.DISCONNECTED);
            }
            return;
        }
        if (count < 0) {
            if (client.parser.closed()) {
                answered(client, false);
            } else {
                broken(client, Exchange.Failure.DISCONNECTED);
            }
            return;
        }
        in.flip();
        in.get(read, 0, count);
        int taken = client.parser.feed(read, 0, count);
        if (client.parser.isDone()) {
            answered(client, client.parser.keepAlive() && taken == count);
        }
    }

    private void answered(Connection client, boolean keep) {
        long now = System.nanoTime();
        Exchange exchange = client.exchange;
        exchange.status = client.parser.status();
        exchange.body = client.parser.body();
        exchange.bodyLength = client.parser.bodyLength();
        ended(client, now);
        client.recovered();
        boolean refused = exchange.status == 429 || exchange.status == 503;
        if (!keep) {
            client.close();
            sleep(client, now);
        } else if (refused && !plan.isOpen()) {
            client.state = State.PAUSED;
            sleep(client, now + PAUSE_NANOS);
        } else {
            free(client);
        }
    }

    private void broken(Connection client, Exchange.Failure failure) {
        if (client.state == State.WAITING) {
            failed(client, failure, System.nanoTime());
            return;
        }
        // No request was in flight: a server may close an idle connection. A client that pauses is in the queue
        // already.
        boolean asleep = client.state == State.PAUSED;
        idle.remove(client);
        client.close();
        if (!asleep) {
            sleep(client, System.nanoTime() + client.backoffNanos());
        }
    }

    private void failed(Connection client, Exchange.Failure failure, long now) {
        client.exchange.failure = failure;
        ended(client, now);
        lost(client, now);
    }

    private void ended(Connection client, long now) {
        inFlight--;
        client.exchange.endNanos = now;
        recording.add(client.exchange);
        workload.done(client.number, client.exchange);
    }

    private LoadResult finish(double cpuSeconds, double wallSeconds) {
        long now = System.nanoTime();
        if (plan.isOpen()) {
            for (long i = issued; plan.requests() == 0 || i < plan.requests(); i++) {
                long intended = intended(i);
                if (intended - endNanos >= 0) {
                    break;
                }
                recording.unsent(intended, now);
            }
        }
        for (Connection client : clients) {
            if (client.state == State.WAITING) {
                failed(client, Exchange.Failure.TIMEOUT, now);
            }
        }
        long measured = Math.min(endNanos, now) - beginNanos - plan.warmup().toNanos();
        return recording.result(measured, cpuSeconds, wallSeconds);
    }
}
