package io.raftgres.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Delivers changes as they happen: each once, in order, and whole revisions only. If the connection breaks, the watch
 * continues at any node that answers, after the last complete revision. Changes of an incomplete revision have not been
 * delivered yet. For one thread; only {@link #close} may be called from another.
 *
 * <p>Bounded: a reader that is slower than the changes stops reading from the connection after {@value
 * #QUEUE_REVISIONS} revisions, and the node then waits for it.
 */
public final class Watch implements AutoCloseable {

    /** Nodes send a heartbeat every 5 s, so a silent connection is dead. */
    static final Duration IDLE = Duration.ofSeconds(15);

    static final int QUEUE_REVISIONS = 256;
    private static final long RECONNECT_MILLIS = 100;

    private final ObjectMapper json;
    private final Attempts attempts;
    private final Streams streams;
    private final byte[] prefix;
    private final long fromRevision;
    private final Duration timeout;

    private final BlockingQueue<Batch> batches = new ArrayBlockingQueue<>(QUEUE_REVISIONS);
    private final Queue<WatchEvent> ready = new ArrayDeque<>();
    private final Thread reader;
    private RaftgresException failure;

    /** After construction, only the reader thread reads and writes it. */
    private long completeRevision;

    private boolean positioned;
    private volatile long createdRevision;
    private volatile InputStream in;
    private volatile boolean closed;

    /** The changes of one revision, or the failure that ended the watch. */
    private record Batch(List<WatchEvent> events, RaftgresException failure) {}

    Watch(ObjectMapper json, Attempts attempts, Streams streams, byte[] prefix, long fromRevision, Duration timeout) {
        this.json = json;
        this.attempts = attempts;
        this.streams = streams;
        this.prefix = prefix;
        this.fromRevision = fromRevision;
        this.timeout = timeout;
        SseReader events = connect();
        this.reader = Thread.ofVirtual().name("raftgres-watch").start(() -> readAll(events));
    }

    /** @return the store's revision when the watch began; a watch without a start revision sees the changes after it */
    public long createdRevision() {
        return createdRevision;
    }

    /**
     * @return the next change, or null when none came in time
     * @throws RaftgresException.Compacted the next changes were compacted: read the keys, and begin a new watch
     * @throws RaftgresException.NotDone no node answered within the client's timeout; the watch is over
     */
    public WatchEvent next(Duration wait) throws InterruptedException {
        if (ready.isEmpty()) {
            if (failure != null) {
                throw failure;
            }
            Batch batch = batches.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
            if (batch == null) {
                return null;
            }
            if (batch.failure() != null) {
                failure = batch.failure();
                throw failure;
            }
            ready.addAll(batch.events());
        }
        return ready.poll();
    }

    /** Connects and waits until the node confirms the watch. */
    private SseReader connect() {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            Duration left = Duration.ofNanos(deadline - System.nanoTime());
            if (left.isNegative() || left.isZero()) {
                throw new RaftgresException.NotDone("No node started the watch in time.", null);
            }
            HttpResponse<InputStream> response = attempts.run(call(), left, streams);
            if (response.statusCode() != 200) {
                throw Responses.unexpected(response);
            }
            in = streams.guarded(response.body(), IDLE);
            if (closed) {
                closeStream();
            }
            SseReader events = new SseReader(in);
            try {
                SseReader.Event first = events.next();
                if (first != null && first.name().equals("created")) {
                    created(first);
                    return events;
                }
                if (first != null && first.name().equals("compacted")) {
                    throw compacted(first);
                }
            } catch (IOException e) {
                // This counts as no response: the loop asks again while there is time.
            }
            closeStream();
            pause();
        }
    }

    /** Prevents a fast loop when a node ends each stream at once. */
    private static void pause() {
        try {
            Thread.sleep(ThreadLocalRandom.current().nextLong(RECONNECT_MILLIS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RaftgresException.NotDone("The watch was interrupted.", e);
        }
    }

    private Call call() {
        Map<String, String> headers = new HashMap<>();
        headers.put("Accept", "text/event-stream");
        List<String> parameters = new ArrayList<>();
        if (prefix.length > 0) {
            parameters.add("prefix=" + PercentEncoding.percent(prefix));
        }
        if (positioned) {
            headers.put("Last-Event-ID", Long.toString(completeRevision));
        } else if (fromRevision > 0) {
            parameters.add("fromRevision=" + fromRevision);
        }
        return Call.read("/v1/watch" + (parameters.isEmpty() ? "" : "?" + String.join("&", parameters)), headers);
    }

    private void created(SseReader.Event event) throws IOException {
        long revision = json.readTree(event.data()).path("revision").asLong();
        if (createdRevision == 0) {
            createdRevision = revision;
        }
        if (!positioned) {
            completeRevision = fromRevision > 0 ? fromRevision - 1 : revision;
            positioned = true;
        }
    }

    private void readAll(SseReader first) {
        SseReader events = first;
        try {
            while (!closed) {
                try {
                    read(events);
                } catch (IOException e) {
                    // The connection broke. Complete revisions were delivered, and the node sends the rest again.
                }
                closeStream();
                if (!closed) {
                    pause();
                    events = connect();
                }
            }
        } catch (RaftgresException e) {
            failed(e);
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    private void read(SseReader events) throws IOException, InterruptedException {
        List<WatchEvent> pending = new ArrayList<>();
        SseReader.Event event;
        while ((event = events.next()) != null) {
            switch (event.name()) {
                case "put" -> {
                    JsonNode node = json.readTree(event.data());
                    KeyValue row = Responses.row(node);
                    pending.add(new WatchEvent.Put(row.modRevision(), row));
                }
                case "delete" -> {
                    JsonNode node = json.readTree(event.data());
                    pending.add(new WatchEvent.Delete(
                            node.path("modRevision").asLong(), node.path("key").binaryValue()));
                }
                case "compacted" -> throw compacted(event);
                default -> {
                    // 'progress', or an event that this client does not know: its id is the revision up to which all
                    // changes were sent.
                }
            }
            if (!event.id().isEmpty()) {
                complete(event.id(), pending);
                pending = new ArrayList<>();
            }
        }
    }

    private void complete(String id, List<WatchEvent> pending) throws IOException, InterruptedException {
        long revision;
        try {
            revision = Long.parseLong(id);
        } catch (NumberFormatException e) {
            throw new IOException("event id " + id + " is not a revision", e);
        }
        // If a node begins too early after a resume, no change may be delivered twice.
        List<WatchEvent> fresh = pending.stream()
                .filter(event -> event.revision() > completeRevision)
                .toList();
        if (!fresh.isEmpty()) {
            batches.put(new Batch(fresh, null));
        }
        completeRevision = Math.max(completeRevision, revision);
    }

    private RaftgresException compacted(SseReader.Event event) {
        String upTo;
        try {
            upTo = " up to revision "
                    + json.readTree(event.data()).path("compactedRevision").asLong();
        } catch (IOException e) {
            upTo = "";
        }
        return new RaftgresException.Compacted(
                "The changes from which the watch had to continue have been" + " compacted" + upTo + ".");
    }

    private void failed(RaftgresException e) {
        try {
            if (!closed) {
                batches.put(new Batch(List.of(), e));
            }
        } catch (InterruptedException closing) {
            // No caller waits any more.
        }
    }

    private void closeStream() {
        InputStream open = in;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // The stream is no longer needed, so a failure to close it does not matter.
            }
        }
    }

    /** Ends the watch; changes not yet taken are dropped. */
    @Override
    public void close() {
        closed = true;
        closeStream();
        reader.interrupt();
    }
}
