package io.raftgres.e2e;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A plain connection that sends any bytes, and reads responses as an HTTP/1 client must. For one thread. */
final class RawConnection implements AutoCloseable {

    private static final int MAX_LINE_BYTES = 64 << 10;

    private final Socket socket;
    private final InputStream in;

    /** @param timeoutMillis for connecting, and for every read */
    RawConnection(int port, int timeoutMillis) throws IOException {
        this(port, timeoutMillis, 0);
    }

    /** @param receiveBytes size of the kernel's receive buffer; 0: as it likes */
    RawConnection(int port, int timeoutMillis, int receiveBytes) throws IOException {
        socket = new Socket();
        try {
            if (receiveBytes > 0) {
                socket.setReceiveBufferSize(receiveBytes);
            }
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress("127.0.0.1", port), timeoutMillis);
            socket.setSoTimeout(timeoutMillis);
            in = new BufferedInputStream(socket.getInputStream(), 2048);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void timeoutMillis(int millis) throws IOException {
        socket.setSoTimeout(millis);
    }

    /** Says that no more comes; responses can still be read. */
    void halfClose() throws IOException {
        socket.shutdownOutput();
    }

    /** @return the next byte, -1 at the end of the stream */
    int read() throws IOException {
        return in.read();
    }

    /**
     * Reads one whole response, interim ones aside.
     *
     * @return its status; 0 when the connection ended before one
     * @throws java.net.SocketTimeoutException nothing came in time
     */
    int response() throws IOException {
        while (true) {
            String line = line();
            if (line == null) {
                return 0;
            }
            if (!line.matches("HTTP/1\\.[01] [1-5]\\d\\d( .*)?")) {
                throw new IOException("not a status line: " + line);
            }
            int status = Integer.parseInt(line.substring(9, 12));
            List<String> headers = headers();
            if (status >= 200) {
                body(status, headers);
                return status;
            }
        }
    }

    private List<String> headers() throws IOException {
        List<String> headers = new ArrayList<>();
        for (String line = lineOrFail(); !line.isEmpty(); line = lineOrFail()) {
            headers.add(line.toLowerCase(Locale.ROOT));
        }
        return headers;
    }

    private void body(int status, List<String> headers) throws IOException {
        if (status == 204 || status == 304) {
            return;
        }
        if (headers.contains("transfer-encoding: chunked")) {
            int size;
            do {
                size = Integer.parseInt(lineOrFail(), 16);
                skip(size);
                lineOrFail();
            } while (size > 0);
            return;
        }
        for (String header : headers) {
            if (header.startsWith("content-length: ")) {
                skip(Long.parseLong(header.substring("content-length: ".length())));
            }
        }
    }

    private void skip(long count) throws IOException {
        in.skipNBytes(count);
    }

    private String lineOrFail() throws IOException {
        String line = line();
        if (line == null) {
            throw new EOFException("the connection ended within a response");
        }
        return line;
    }

    /** @return null at the end of the stream */
    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        int next;
        while ((next = in.read()) != '\n') {
            if (next < 0) {
                return null;
            }
            line.append((char) next);
            if (line.length() > MAX_LINE_BYTES) {
                throw new IOException("a line of more than " + MAX_LINE_BYTES + " bytes");
            }
        }
        if (!line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
            line.setLength(line.length() - 1);
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
