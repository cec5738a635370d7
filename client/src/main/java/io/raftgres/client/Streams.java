package io.raftgres.client;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Answers that are read as they come. Cuts off one on which nothing comes for too long. */
final class Streams implements Attempts.Sender<InputStream>, AutoCloseable {

    private final HttpClient http;
    private final ScheduledExecutorService watchdog;

    Streams(HttpClient http) {
        this.http = http;
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("raftgres-client-watchdog").factory());
        executor.setRemoveOnCancelPolicy(true);
        this.watchdog = executor;
    }

    /** The timeout is for the answer's head alone; what it means for the request as a whole differs between JDKs. */
    @Override
    public HttpResponse<InputStream> send(HttpRequest.Builder request, Duration timeout)
            throws IOException, InterruptedException {
        CompletableFuture<HttpResponse<InputStream>> answer =
                http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try {
            return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new HttpTimeoutException("no answer in time");
        } catch (InterruptedException e) {
            answer.cancel(true);
            throw e;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new IOException(e.getCause());
        }
    }

    @Override
    public byte[] errorBody(InputStream body, int limit) throws IOException {
        try (InputStream guarded = guarded(body, Duration.ofSeconds(2))) {
            return guarded.readNBytes(limit);
        }
    }

    /** @param idle a read that waits longer for the next byte fails */
    InputStream guarded(InputStream in, Duration idle) {
        return new Guarded(in, idle);
    }

    @Override
    public void close() {
        watchdog.shutdownNow();
    }

    private final class Guarded extends FilterInputStream {
        private static final long NOT_READING = Long.MIN_VALUE;
        private final long idleNanos;
        private final ScheduledFuture<?> check;
        private volatile long readingSince = NOT_READING;
        private volatile boolean cut;

        Guarded(InputStream in, Duration idle) {
            super(in);
            this.idleNanos = idle.toNanos();
            long period = Math.max(1, idleNanos / 4);
            this.check = watchdog.scheduleWithFixedDelay(this::check, period, period, TimeUnit.NANOSECONDS);
        }

        private void check() {
            long since = readingSince;
            if (since != NOT_READING && System.nanoTime() - since > idleNanos) {
                cut = true;
                try {
                    in.close();
                } catch (IOException e) {
                    // Closing is all that can be done; the reader sees the stream's end either way.
                }
            }
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            readingSince = System.nanoTime();
            try {
                int read = in.read(buffer, offset, length);
                if (read < 0 && cut) {
                    throw new IOException("nothing came for " + idleNanos / 1_000_000 + " ms");
                }
                return read;
            } finally {
                readingSince = NOT_READING;
            }
        }

        @Override
        public void close() throws IOException {
            check.cancel(false);
            super.close();
        }
    }
}
