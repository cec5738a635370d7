package io.raftgres.client;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * Reads the rows of a range, one at a time. If the connection breaks or the node ends its response early, the cursor
 * continues after the last row, at the same revision. For one thread.
 */
public final class RangeCursor implements Iterator<KeyValue>, AutoCloseable {

    private static final int MAX_BREAKS_WITHOUT_ROW = 3;

    private final ObjectMapper json;
    private final Attempts attempts;
    private final Streams streams;
    private final RangeQuery query;
    private final Duration timeout;

    private InputStream in;
    private JsonParser parser;
    private KeyValue next;
    private byte[] lastKey;
    private long revision;
    private long returned;
    private int breaks;
    private boolean ended;

    RangeCursor(ObjectMapper json, Attempts attempts, Streams streams, RangeQuery query, Duration timeout) {
        this.json = json;
        this.attempts = attempts;
        this.streams = streams;
        this.query = query;
        this.timeout = timeout;
        this.revision = query.revision();
        open();
    }

    /** @return the revision of all rows */
    public long revision() {
        return revision;
    }

    @Override
    public boolean hasNext() {
        while (next == null && !ended) {
            try {
                advance();
            } catch (IOException e) {
                reopen(e);
            }
        }
        return next != null;
    }

    @Override
    public KeyValue next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        KeyValue row = next;
        next = null;
        return row;
    }

    private void advance() throws IOException {
        if (parser == null) {
            // This reads the first bytes already, so a failure counts as a failure of the stream.
            parser = json.createParser(in);
        }
        JsonNode line = json.readTree(parser);
        if (line == null || line.isMissingNode()) {
            throw new IOException("the response ended early");
        }
        if (line.has("key")) {
            next = Responses.row(line);
            lastKey = next.key();
            returned++;
            breaks = 0;
            return;
        }
        if (!line.has("revision")) {
            throw new IOException("the response ended with " + line);
        }
        revision = line.path("revision").asLong();
        if (line.path("more").asBoolean() && lastKey != null) {
            goOn();
        } else {
            end();
        }
    }

    private void reopen(IOException e) {
        breaks++;
        boolean sameRevision = lastKey == null || revision != 0;
        if (breaks > MAX_BREAKS_WITHOUT_ROW || !sameRevision) {
            end();
            throw new RaftgresException.NotDone("The read of the range failed before its end: " + e.getMessage(), e);
        }
        goOn();
    }

    private void goOn() {
        close();
        byte[] to = end(query);
        boolean nothingLeft = lastKey != null
                && (returned == query.limit() || to != null && Arrays.compareUnsigned(afterLast(), to) >= 0);
        if (!nothingLeft) {
            open();
        }
    }

    private byte[] afterLast() {
        return Arrays.copyOf(lastKey, lastKey.length + 1);
    }

    /** @return the first key after the range; null when the range has no end */
    private static byte[] end(RangeQuery query) {
        return query.prefix() == null ? query.to() : endOf(query.prefix());
    }

    private void open() {
        ended = false;
        HttpResponse<InputStream> response =
                attempts.run(Call.read(path(), Map.of("Accept", "application/x-ndjson")), timeout, streams);
        if (response.statusCode() != 200) {
            throw Responses.unexpected(response);
        }
        long said = Responses.revisionIfSaid(response);
        if (said > 0 && revision == 0) {
            revision = said;
        }
        in = streams.guarded(response.body(), timeout);
        parser = null;
    }

    /** After the first response, always a plain range from the last row on, which any node can read at any time. */
    private String path() {
        List<String> parameters = new ArrayList<>();
        if (lastKey == null) {
            add(parameters, "prefix", query.prefix());
            add(parameters, "from", query.from());
            add(parameters, "to", query.to());
        } else {
            add(parameters, "from", afterLast());
            add(parameters, "to", end(query));
        }
        if (query.limit() > 0) {
            parameters.add("limit=" + (query.limit() - returned));
        }
        if (revision > 0) {
            parameters.add("revision=" + revision);
        }
        if (query.keysOnly()) {
            parameters.add("keysOnly=true");
        }
        if (query.consistency() == Consistency.LOCAL) {
            parameters.add("consistency=local");
        }
        return "/v1/kv" + (parameters.isEmpty() ? "" : "?" + String.join("&", parameters));
    }

    private static void add(List<String> parameters, String name, byte[] value) {
        if (value != null && value.length > 0) {
            parameters.add(name + "=" + PercentEncoding.percent(value));
        }
    }

    /** @return the smallest key above all keys that begin with the prefix; null when there is none */
    private static byte[] endOf(byte[] prefix) {
        for (int i = prefix.length - 1; i >= 0; i--) {
            if (prefix[i] != (byte) 0xFF) {
                byte[] end = Arrays.copyOf(prefix, i + 1);
                end[i]++;
                return end;
            }
        }
        return null;
    }

    private void end() {
        ended = true;
        close();
    }

    @Override
    public void close() {
        ended = true;
        if (in == null) {
            return;
        }
        try {
            in.close();
        } catch (IOException e) {
            // The stream is no longer needed, so a failure to close it does not matter.
        }
        in = null;
    }
}
