package io.raftgres.node.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.KvService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * One watch as server-sent events. An event's id is a revision, and only the last event of a revision has one. So a
 * client that sends the last id gets the next revision with all its events. Runs on one virtual thread.
 */
final class WatchStream {

    static final String MEDIA_TYPE = "text/event-stream";
    private static final byte[] COMMENT = ": keep-alive\n\n".getBytes(StandardCharsets.US_ASCII);

    private final RestApi api;
    private final RestExchange exchange;
    private final ResponseSink sink;
    private final KvService.Watch watch;
    private final Encoding encoding;
    private long lastId;
    private long lastSentNanos;

    WatchStream(
            RestApi api,
            RestExchange exchange,
            ResponseSink sink,
            KvService.Watch watch,
            Encoding encoding,
            long fromRevision) {
        this.api = api;
        this.exchange = exchange;
        this.sink = sink;
        this.watch = watch;
        this.encoding = encoding;
        this.lastId = fromRevision == 0 ? watch.createdRevision() : fromRevision - 1;
    }

    /** Streams until the client leaves, the API closes or the watch fails. */
    void run() {
        try {
            event("created", watch.createdRevision());
            exchange.count(200);
            while (!sink.isGone() && !api.isClosed()) {
                step();
            }
            sink.end();
        } catch (ResponseSink.ClientGoneException e) {
            exchange.clientGone();
        } catch (InterruptedException e) {
            throw new IllegalStateException("no code interrupts a watch", e);
        } catch (ServiceException.Compacted e) {
            write("event: compacted\ndata: {\"compactedRevision\":" + e.compactedRevision() + "}\n\n");
            sink.end();
        } catch (ServiceException e) {
            write("event: problem\ndata: " + exchange.problemOf(e).toJson(exchange.request.path()) + "\n\n");
            sink.end();
        }
    }

    private void step() throws InterruptedException {
        long silentNanos = System.nanoTime() - lastSentNanos;
        long waitNanos = api.options().keepAlive().toNanos() - silentNanos;
        if (waitNanos <= 0) {
            keepAlive();
            return;
        }
        List<Change> changes = watch.next(Duration.ofNanos(waitNanos));
        if (!changes.isEmpty()) {
            send(changes);
        }
    }

    /** Sends the current revision, so that the client can resume from there even if no event has come for long. */
    private void keepAlive() {
        if (watch.revision() > lastId) {
            lastId = watch.revision();
            event("progress", lastId);
        } else {
            sink.write(COMMENT, 0, COMMENT.length);
            push();
        }
    }

    private void event(String name, long revision) {
        write("event: " + name + "\nid: " + lastId + "\ndata: {\"revision\":" + revision + "}\n\n");
        push();
    }

    private void send(List<Change> changes) {
        try (JsonGenerator json = JsonBytes.generator(sink)) {
            for (int i = 0; i < changes.size(); i++) {
                sink.awaitReady();
                Change change = changes.get(i);
                if (change.revision() <= lastId) {
                    throw new IllegalStateException(
                            "a watch went back to revision " + change.revision() + " from " + lastId);
                }
                json.writeRaw(change.isDelete() ? "event: delete\n" : "event: put\n");
                boolean lastOfRevision =
                        i + 1 == changes.size() || changes.get(i + 1).revision() != change.revision();
                if (lastOfRevision) {
                    lastId = change.revision();
                    json.writeRaw("id: " + lastId + "\n");
                }
                json.writeRaw("data: ");
                data(json, change);
                json.writeRaw("\n\n");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        push();
    }

    private void data(JsonGenerator json, Change change) throws IOException {
        json.writeStartObject();
        if (change.isDelete()) {
            encoding.write(json, "key", change.key().bytes());
            json.writeNumberField("modRevision", change.revision());
        } else {
            encoding.write(json, change.after(), false);
        }
        json.writeEndObject();
    }

    private void write(String ascii) {
        byte[] bytes = ascii.getBytes(StandardCharsets.UTF_8);
        sink.write(bytes, 0, bytes.length);
    }

    private void push() {
        sink.push();
        sink.awaitReady();
        lastSentNanos = System.nanoTime();
    }
}
