package io.raftgres.bench.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Sends the same GET again and again. */
public final class FixedWorkload implements Workload {

    private final String name;
    private final String path;

    /** @param path with query; percent-encoded */
    public FixedWorkload(String name, String path) {
        this.name = name;
        this.path = path;
    }

    @Override
    public List<String> kinds() {
        return List.of(name);
    }

    @Override
    public int requestBytesMax() {
        return path.length() + 512;
    }

    @Override
    public int next(int client, Endpoint endpoint, ByteBuffer out) {
        String request = "GET " + path + " HTTP/1.1\r\nHost: " + endpoint + "\r\n\r\n";
        out.put(request.getBytes(StandardCharsets.US_ASCII));
        return 0;
    }
}
