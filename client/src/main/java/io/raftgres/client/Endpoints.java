package io.raftgres.client;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Chooses the node to ask. It keeps a node that answers, and takes the next one when a node does not. The leader comes
 * first, if it is known and preferred.
 */
final class Endpoints {

    /** How long a failed node is not asked, while another may answer. */
    private static final long SUSPECT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final List<Endpoint> all;
    private final AtomicReference<Endpoint> current;
    private final AtomicReference<URI> leader = new AtomicReference<>();

    private static final class Endpoint {
        final URI uri;
        volatile long suspectUntil;

        Endpoint(URI uri) {
            this.uri = uri;
            this.suspectUntil = System.nanoTime();
        }

        boolean suspect() {
            return suspectUntil - System.nanoTime() > 0;
        }
    }

    Endpoints(List<URI> uris) {
        if (uris.isEmpty()) {
            throw new IllegalArgumentException("give at least one endpoint");
        }
        this.all = uris.stream().map(Endpoint::new).toList();
        this.current = new AtomicReference<>(all.getFirst());
    }

    /** Accepts {@code http://host:port}, {@code https://host:port} and {@code host:port}. */
    static URI parse(String text) {
        String trimmed = text.strip();
        String url = trimmed.contains("://") ? trimmed : "http://" + trimmed;
        URI uri;
        try {
            uri = URI.create(url.endsWith("/") ? url.substring(0, url.length() - 1) : url);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + text + "' is not an endpoint: " + e.getMessage(), e);
        }
        boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        if (!http
                || uri.getHost() == null
                || uri.getQuery() != null
                || !uri.getPath().isEmpty()) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not an endpoint; write it like http://127.0.0.1:8081");
        }
        return uri;
    }

    int size() {
        return all.size();
    }

    List<URI> uris() {
        return all.stream().map(endpoint -> endpoint.uri).toList();
    }

    /** @param toLeader whether to choose the leader, if it is known */
    URI choose(boolean toLeader) {
        URI known = toLeader ? leader.get() : null;
        return known != null ? known : current.get().uri;
    }

    URI leader() {
        return leader.get();
    }

    void leaderIs(URI uri) {
        leader.set(uri);
    }

    /** Takes the next node, if {@code failed} is still the current one. */
    void failed(URI failed) {
        leader.compareAndSet(failed, null);
        for (Endpoint endpoint : all) {
            if (endpoint.uri.equals(failed)) {
                endpoint.suspectUntil = System.nanoTime() + SUSPECT_NANOS;
            }
        }
        Endpoint before = current.get();
        if (before.uri.equals(failed)) {
            current.compareAndSet(before, after(before));
        }
    }

    private Endpoint after(Endpoint endpoint) {
        List<Endpoint> others = new ArrayList<>();
        int at = all.indexOf(endpoint);
        for (int i = 1; i <= all.size(); i++) {
            others.add(all.get((at + i) % all.size()));
        }
        return others.stream().filter(other -> !other.suspect()).findFirst().orElse(others.getFirst());
    }
}
