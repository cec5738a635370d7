package io.raftgres.bench.load;

import java.net.InetSocketAddress;
import java.net.URI;

/** Address of one node's REST API, over plain HTTP. */
public record Endpoint(String host, int port) {

    /**
     * @param text {@code http://host:port} or {@code host:port}; the default port is 8081
     * @throws IllegalArgumentException for any other text, TLS included
     */
    public static Endpoint parse(String text) {
        String trimmed = text.strip();
        URI uri;
        try {
            uri = URI.create(trimmed.contains("://") ? trimmed : "http://" + trimmed);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "not an endpoint: '" + text + "' (want host:port or http://host:port)", e);
        }
        boolean plain = uri.getPath() == null
                || uri.getPath().isEmpty()
                || uri.getPath().equals("/");
        if (!"http".equals(uri.getScheme()) || uri.getHost() == null || !plain || uri.getPort() == 0) {
            throw new IllegalArgumentException("not an endpoint: '" + text + "' (want host:port or http://host:port)");
        }
        return new Endpoint(uri.getHost(), uri.getPort() < 0 ? 8081 : uri.getPort());
    }

    public InetSocketAddress address() {
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        return new InetSocketAddress(bare, port);
    }

    public URI uri(String pathAndQuery) {
        return URI.create("http://" + this + pathAndQuery);
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
