package io.raftgres.bench.load;

import java.nio.charset.StandardCharsets;

/**
 * Incremental parser of HTTP/1.1 responses (RFC 9112): takes bytes in pieces of any size. Keeps only the start of the
 * body. One for each connection; not thread-safe; allocates nothing while it parses.
 */
final class ResponseParser {

    /** The server does not speak valid HTTP/1.1; the connection is of no more use. */
    static final class Garbage extends Exception {
        private static final long serialVersionUID = 1L;

        Garbage(String message) {
            super(message, null, false, false);
        }
    }

    /** Bytes of a body that are kept for {@link #body}. */
    static final int BODY_KEPT = 256;

    private static final int LINE_MAX = 8 * 1024;
    private static final int HEADER_LINES_MAX = 200;
    private static final byte[] CONTENT_LENGTH = ascii("content-length");
    private static final byte[] TRANSFER_ENCODING = ascii("transfer-encoding");
    private static final byte[] CONNECTION = ascii("connection");
    private static final byte[] VERSION = ascii("http/1.");

    private enum State {
        STATUS_LINE,
        HEADERS,
        BODY_SIZED,
        BODY_TO_CLOSE,
        CHUNK_SIZE,
        CHUNK_DATA,
        CHUNK_END,
        TRAILERS,
        DONE
    }

    private final byte[] line = new byte[LINE_MAX];
    private int lineLength;
    private State state = State.STATUS_LINE;
    private int headerLines;
    private int status;
    private boolean keepAlive;
    private boolean chunked;
    private long contentLength;
    private long left;
    private final byte[] body = new byte[BODY_KEPT];
    private long bodyLength;

    /** Begins a new response. */
    void reset() {
        state = State.STATUS_LINE;
        lineLength = 0;
        beginMessage();
    }

    private void beginMessage() {
        headerLines = 0;
        status = 0;
        keepAlive = true;
        chunked = false;
        contentLength = -1;
        left = 0;
        bodyLength = 0;
    }

    /**
     * Takes bytes until the response is whole or they run out.
     *
     * @return how many were taken; fewer than {@code length} only when {@link #isDone}
     */
    int feed(byte[] bytes, int offset, int length) throws Garbage {
        int at = offset;
        int end = offset + length;
        while (at < end && state != State.DONE) {
            switch (state) {
                case BODY_SIZED, CHUNK_DATA, BODY_TO_CLOSE -> {
                    int taken = state == State.BODY_TO_CLOSE ? end - at : (int) Math.min(left, end - at);
                    keep(bytes, at, taken);
                    at += taken;
                    left -= taken;
                    if (left == 0 && state != State.BODY_TO_CLOSE) {
                        state = state == State.BODY_SIZED ? State.DONE : State.CHUNK_END;
                    }
                }
                case STATUS_LINE, HEADERS, CHUNK_SIZE, CHUNK_END, TRAILERS -> at = feedLine(bytes, at, end);
                case DONE -> throw new IllegalStateException("fed after the end");
            }
        }
        return at - offset;
    }

    /**
     * The peer closed the connection.
     *
     * @return whether that completes the response
     */
    boolean closed() {
        if (state == State.BODY_TO_CLOSE) {
            state = State.DONE;
        }
        return state == State.DONE;
    }

    boolean isDone() {
        return state == State.DONE;
    }

    int status() {
        return status;
    }

    boolean keepAlive() {
        return keepAlive;
    }

    /** First {@link #BODY_KEPT} bytes of the body, valid up to the smaller of that and {@link #bodyLength}; reused. */
    byte[] body() {
        return body;
    }

    long bodyLength() {
        return bodyLength;
    }

    private void keep(byte[] bytes, int at, int count) {
        if (bodyLength < BODY_KEPT) {
            int kept = (int) Math.min(BODY_KEPT - bodyLength, count);
            System.arraycopy(bytes, at, body, (int) bodyLength, kept);
        }
        bodyLength += count;
    }

    private int feedLine(byte[] bytes, int from, int end) throws Garbage {
        int newline = from;
        while (newline < end && bytes[newline] != '\n') {
            newline++;
        }
        int count = newline - from;
        if (lineLength + count > LINE_MAX) {
            throw new Garbage("a line longer than " + LINE_MAX + " bytes");
        }
        if (newline == end) {
            System.arraycopy(bytes, from, line, lineLength, count);
            lineLength += count;
            return end;
        }
        if (lineLength == 0) {
            takeLine(bytes, from, trimReturn(bytes, from, newline));
        } else {
            System.arraycopy(bytes, from, line, lineLength, count);
            int whole = lineLength + count;
            lineLength = 0;
            takeLine(line, 0, trimReturn(line, 0, whole));
        }
        return newline + 1;
    }

    private static int trimReturn(byte[] bytes, int from, int to) {
        return to > from && bytes[to - 1] == '\r' ? to - 1 : to;
    }

    private void takeLine(byte[] bytes, int from, int to) throws Garbage {
        switch (state) {
            case STATUS_LINE -> statusLine(bytes, from, to);
            case HEADERS -> {
                if (from == to) {
                    endOfHeaders();
                } else {
                    header(bytes, from, to);
                }
            }
            case CHUNK_SIZE -> {
                left = chunkSize(bytes, from, to);
                state = left == 0 ? State.TRAILERS : State.CHUNK_DATA;
            }
            case CHUNK_END -> {
                if (from != to) {
                    throw new Garbage("a chunk longer than it said");
                }
                state = State.CHUNK_SIZE;
            }
            case TRAILERS -> {
                countHeader();
                if (from == to) {
                    state = State.DONE;
                }
            }
            case BODY_SIZED, BODY_TO_CLOSE, CHUNK_DATA, DONE -> throw new IllegalStateException("no line in " + state);
        }
    }

    private void statusLine(byte[] bytes, int from, int to) throws Garbage {
        if (to - from < 12
                || !startsWith(bytes, from, to, VERSION)
                || bytes[from + 8] != ' '
                || (to - from > 12 && bytes[from + 12] != ' ')) {
            throw new Garbage("not an HTTP/1.1 status line: '" + printable(bytes, from, to) + "'");
        }
        keepAlive = bytes[from + 7] != '0';
        for (int i = from + 9; i < from + 12; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9) {
                throw new Garbage("not a status: '" + printable(bytes, from, to) + "'");
            }
            status = status * 10 + digit;
        }
        if (status < 100 || status > 599) {
            throw new Garbage("not a status: " + status);
        }
        state = State.HEADERS;
    }

    private void header(byte[] bytes, int from, int to) throws Garbage {
        countHeader();
        int colon = from;
        while (colon < to && bytes[colon] != ':') {
            colon++;
        }
        if (colon == to || colon == from) {
            throw new Garbage("not a header: '" + printable(bytes, from, to) + "'");
        }
        int start = colon + 1;
        while (start < to && (bytes[start] == ' ' || bytes[start] == '\t')) {
            start++;
        }
        int end = to;
        while (end > start && (bytes[end - 1] == ' ' || bytes[end - 1] == '\t')) {
            end--;
        }
        int name = colon - from;
        if (name == CONTENT_LENGTH.length && startsWith(bytes, from, colon, CONTENT_LENGTH)) {
            long length = decimal(bytes, start, end);
            if (contentLength >= 0 && contentLength != length) {
                throw new Garbage("two lengths: " + contentLength + " and " + length);
            }
            contentLength = length;
        } else if (name == TRANSFER_ENCODING.length && startsWith(bytes, from, colon, TRANSFER_ENCODING)) {
            String coding = printable(bytes, start, end);
            if (!coding.equalsIgnoreCase("chunked")) {
                throw new Garbage("transfer-encoding '" + coding + "' was not asked for");
            }
            chunked = true;
        } else if (name == CONNECTION.length && startsWith(bytes, from, colon, CONNECTION)) {
            String option = printable(bytes, start, end);
            if (option.equalsIgnoreCase("close")) {
                keepAlive = false;
            } else if (option.equalsIgnoreCase("keep-alive")) {
                keepAlive = true;
            }
        }
    }

    private void countHeader() throws Garbage {
        if (++headerLines > HEADER_LINES_MAX) {
            throw new Garbage("more than " + HEADER_LINES_MAX + " header lines");
        }
    }

    private void endOfHeaders() throws Garbage {
        if (status < 200) {
            if (status == 101) {
                throw new Garbage("101: no change of protocol was asked for");
            }
            state = State.STATUS_LINE;
            beginMessage();
        } else if (status == 204 || status == 304) {
            state = State.DONE;
        } else if (chunked) {
            state = State.CHUNK_SIZE;
        } else if (contentLength >= 0) {
            left = contentLength;
            state = left == 0 ? State.DONE : State.BODY_SIZED;
        } else {
            keepAlive = false;
            state = State.BODY_TO_CLOSE;
        }
    }

    private static long decimal(byte[] bytes, int from, int to) throws Garbage {
        if (from == to || to - from > 18) {
            throw new Garbage("not a length: '" + printable(bytes, from, to) + "'");
        }
        long value = 0;
        for (int i = from; i < to; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9) {
                throw new Garbage("not a length: '" + printable(bytes, from, to) + "'");
            }
            value = value * 10 + digit;
        }
        return value;
    }

    private static long chunkSize(byte[] bytes, int from, int to) throws Garbage {
        long size = 0;
        int i = from;
        for (; i < to; i++) {
            int digit = Character.digit(bytes[i], 16);
            if (digit < 0) {
                break;
            }
            size = size * 16 + digit;
        }
        boolean ended = i == to || bytes[i] == ';' || bytes[i] == ' ' || bytes[i] == '\t';
        if (i == from || i - from > 15 || !ended) {
            throw new Garbage("not a chunk size: '" + printable(bytes, from, to) + "'");
        }
        return size;
    }

    /** Compares without regard to case; {@code lower} is lower case. */
    private static boolean startsWith(byte[] bytes, int from, int to, byte[] lower) {
        if (to - from < lower.length) {
            return false;
        }
        for (int i = 0; i < lower.length; i++) {
            int b = bytes[from + i];
            if (b >= 'A' && b <= 'Z') {
                b += 'a' - 'A';
            }
            if (b != lower[i]) {
                return false;
            }
        }
        return true;
    }

    private static String printable(byte[] bytes, int from, int to) {
        String text = new String(bytes, from, Math.min(to - from, 80), StandardCharsets.ISO_8859_1);
        return text.replaceAll("[^ -~]", "?");
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
