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

/** Reads responses as streams, and closes a stream that sends nothing for too long. */
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

    /** The timeout covers only the head of the response: its meaning for the whole request differs between JDKs. */
    @Override
    public HttpResponse<InputStream> send(HttpRequest.Builder request, Duration timeout)
            throws IOException, InterruptedException {
        CompletableFuture<HttpResponse<InputStream>> response =
                http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try {
            return response.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            response.cancel(true);
            throw new HttpTimeoutException("no response in time");
        } catch (InterruptedException e) {
            response.cancel(true);
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
                    // Nothing more can be done than close it; the reader sees the end of the stream in any case.
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
                    throw new IOException("the stream sent nothing for " + idleNanos / 1_000_000 + " ms");
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
