package io.raftgres.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Reads server-sent events, as the WHATWG's HTML standard defines them, from a stream that ends its lines with LF. */
final class SseReader {

    private final BufferedReader lines;

    /** @param id empty when the event had none @param data its data lines, joined */
    record Event(String name, String id, String data) {}

    SseReader(InputStream in) {
        this.lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8), 16 << 10);
    }

    /** @return null at the end; an incomplete last event is dropped, as the standard requires */
    Event next() throws IOException {
        String name = "message";
        String id = "";
        StringBuilder data = null;
        while (true) {
            String line = lines.readLine();
            if (line == null) {
                return null;
            }
            if (line.isEmpty()) {
                if (data != null || !name.equals("message") || !id.isEmpty()) {
                    return new Event(name, id, data == null ? "" : data.toString());
                }
                continue;
            }
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(colon + 1);
            String text = value.startsWith(" ") ? value.substring(1) : value;
            switch (field) {
                case "event" -> name = text;
                case "id" -> id = text;
                case "data" ->
                    data = data == null
                            ? new StringBuilder(text)
                            : data.append('\n').append(text);
                default -> {
                    // A comment (an empty field name) or a field that does not matter here.
                }
            }
        }
    }
}
