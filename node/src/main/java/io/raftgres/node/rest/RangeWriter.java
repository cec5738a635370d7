package io.raftgres.node.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Row;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.KvService.RangeQuery;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Writes a range as JSON or as lines of JSON, while it is read. After a failure in the middle it cuts the connection;
 * lines also end with a line that has the problem.
 */
final class RangeWriter implements KvService.RangeConsumer {

    static final String JSON = "application/json";
    static final String NDJSON = "application/x-ndjson";

    private final RestExchange exchange;
    private final RangeQuery query;
    private final Encoding encoding;
    private final boolean lines;
    private final ResponseSink sink;
    private final JsonGenerator json;
    private long revision;
    private long rows;

    /** The constructor runs on the event loop, everything else on one virtual thread. */
    RangeWriter(RestExchange exchange, RangeQuery query, Encoding encoding, String mediaType) {
        this.exchange = exchange;
        this.query = query;
        this.encoding = encoding;
        this.lines = mediaType.equals(NDJSON);
        this.sink = new ResponseSink(exchange);
        this.json = JsonBytes.generator(sink);
        exchange.contentType(mediaType);
    }

    @Override
    public void header(long revision) {
        this.revision = revision;
        exchange.response.putHeader(KeyRoutes.REVISION, Long.toString(revision));
        if (lines) {
            return;
        }
        try {
            json.writeStartObject();
            json.writeNumberField("revision", revision);
            json.writeArrayFieldStart("kvs");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean row(Row row) {
        if (revision == 0) {
            throw new IllegalStateException("a row before the header of the range");
        }
        try {
            json.writeStartObject();
            encoding.write(json, row, query.selection().keysOnly());
            json.writeEndObject();
            endLine();
            rows++;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (sink.isGone()) {
            throw new ResponseSink.ClientGoneException("the client closed the connection");
        }
        return sink.isReady();
    }

    @Override
    public boolean awaitReady(long nanos) {
        return sink.awaitReady(nanos);
    }

    /** @param next where the range continues, null when it is complete */
    void end(Key next) {
        try {
            if (lines) {
                json.writeStartObject();
                json.writeNumberField("revision", revision);
                json.writeNumberField("count", rows);
            } else {
                json.writeEndArray();
            }
            json.writeBooleanField("more", next != null);
            if (next != null) {
                KeyRange rest = new KeyRange(next, query.range().to());
                json.writeStringField(
                        "next",
                        new ContinuationToken(rest, revision, query.selection().keysOnly()).encode());
            }
            json.writeEndObject();
            endLine();
            json.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sink.end();
    }

    private void endLine() throws IOException {
        if (lines) {
            json.writeRaw('\n');
        }
    }

    void fail(RuntimeException failure) {
        if (sink.isGone()) {
            exchange.clientGone();
            closeQuietly();
        } else if (!sink.isStarted()) {
            closeQuietly();
            sink.discard();
            throw failure;
        } else {
            Problem problem = exchange.problemOf(failure);
            if (lines) {
                writeProblemLine(problem);
            }
            closeQuietly();
            sink.abort(problem.type().status);
        }
    }

    private void writeProblemLine(Problem problem) {
        try {
            json.flush();
            try (JsonGenerator last = JsonBytes.generator(sink)) {
                // A row may have been cut in the middle, so the problem begins a new line.
                last.writeRaw('\n');
                last.writeStartObject();
                last.writeFieldName("problem");
                problem.write(last, exchange.request.path());
                last.writeEndObject();
                last.writeRaw('\n');
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives the generator's buffers back to their pool. */
    private void closeQuietly() {
        try {
            json.close();
        } catch (IOException | ResponseSink.ClientGoneException e) {
            exchange.clientGone();
        }
    }
}
