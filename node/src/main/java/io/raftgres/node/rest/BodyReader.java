package io.raftgres.node.rest;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Reads one request's body, within bounds on its size, its time and the memory of all bodies. Runs on the event loop.
 */
final class BodyReader {

    private static final byte[] NONE = {};
    private static final int FIRST_BYTES = 16 << 10;

    private final RestExchange exchange;
    private final RequestLimits admission;
    private final BodyDeadlines deadlines;
    private final String what;
    private final int maxBytes;
    private final Consumer<byte[]> then;
    private int declaredBytes = -1;
    private byte[] bytes = NONE;
    private int length;
    private boolean over;
    final long deadlineNanos;
    private final long lateNanosBefore;

    BodyReader(RestExchange exchange, RestApi api, String what, int maxBytes, Consumer<byte[]> then) {
        this.exchange = exchange;
        this.admission = api.admission();
        this.deadlines = api.deadlines();
        this.what = what;
        this.maxBytes = maxBytes;
        this.then = then;
        this.deadlineNanos = System.nanoTime() + api.options().bodyTimeout().toNanos();
        this.lateNanosBefore = deadlines.lateNanos();
    }

    /** Calls {@code then} with the body, once; its bytes are counted as held until the request is over. */
    void start() {
        String declared = exchange.request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (declared != null) {
            long size = Query.parseNumber(declared, 0, Long.MAX_VALUE, "header Content-Length");
            if (size > maxBytes) {
                throw Problem.tooLarge(what, maxBytes);
            }
            declaredBytes = (int) size;
        }
        exchange.request.exceptionHandler(gone -> {
            if (stop()) {
                exchange.clientGone();
            }
        });
        exchange.request.handler(this::take);
        exchange.request.endHandler(ignored -> finish());
        deadlines.add(this);
        if ("100-continue".equalsIgnoreCase(exchange.request.getHeader(HttpHeaders.EXPECT))) {
            exchange.response.writeContinue();
        }
        exchange.request.resume();
    }

    private void take(Buffer chunk) {
        if (over) {
            return;
        }
        try {
            int size = chunk.length();
            if (size > maxBytes - length) {
                throw Problem.tooLarge(what, maxBytes);
            }
            reserve(length + size);
            chunk.getBytes(bytes, length);
            length += size;
        } catch (ProblemException e) {
            stop();
            exchange.fail(e);
        }
    }

    /**
     * Memory grows with the bytes that have arrived, not with Content-Length: a large Content-Length costs its sender
     * nothing.
     */
    private void reserve(int needed) {
        if (needed <= bytes.length) {
            return;
        }
        int size = Math.max(needed, Math.max(2 * bytes.length, FIRST_BYTES));
        size = declaredBytes >= needed ? Math.min(size, declaredBytes) : Math.min(size, maxBytes);
        admission.holdBody(size - bytes.length);
        bytes = bytes.length == 0 ? new byte[size] : Arrays.copyOf(bytes, size);
    }

    private void finish() {
        exchange.bodyWasRead();
        if (over) {
            return;
        }
        over = true;
        deadlines.remove(this);
        int held = bytes.length;
        exchange.onceCounted(() -> admission.releaseBody(held));
        byte[] body = length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
        bytes = NONE;
        try {
            then.accept(body);
        } catch (RuntimeException e) {
            exchange.fail(e);
        }
    }

    /** The body's time is over. {@link BodyDeadlines} calls this, on any thread. */
    void timedOut() {
        exchange.onLoop(() -> {
            if (stop()) {
                exchange.fail(tooLate());
            }
        });
    }

    /** The client gets a 408 only if this node could read during that time. */
    private Problem tooLate() {
        Duration timeout = exchange.options.bodyTimeout();
        String missing = what + " did not arrive within " + timeout.toSeconds() + " s";
        return deadlines.lateNanos() - lateNanosBefore < timeout.toNanos() / 10
                ? new Problem(Problem.Type.BODY_TIMEOUT, missing)
                : new Problem(
                        Problem.Type.UNAVAILABLE,
                        missing + ": this node is too busy to read it; try again",
                        Map.of(),
                        1);
    }

    private boolean stop() {
        if (over) {
            return false;
        }
        over = true;
        deadlines.remove(this);
        admission.releaseBody(bytes.length);
        bytes = NONE;
        return true;
    }
}
