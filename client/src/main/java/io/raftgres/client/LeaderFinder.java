package io.raftgres.client;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** Asks the nodes for the leader, so that a client's writes need no hop over a follower. */
final class LeaderFinder {

    private static final Duration TIMEOUT = Duration.ofMillis(500);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final HttpClient http;
    private final ObjectMapper json;
    private final Endpoints endpoints;
    private final boolean wanted;
    private final ReentrantLock asking = new ReentrantLock();
    private volatile long askAgainAt = System.nanoTime();

    LeaderFinder(HttpClient http, ObjectMapper json, Endpoints endpoints, boolean wanted) {
        this.http = http;
        this.json = json;
        this.endpoints = endpoints;
        this.wanted = wanted;
    }

    boolean wanted() {
        return wanted;
    }

    /**
     * Asks one node, unless another thread is asking or has just asked. A failure does no harm, because any node
     * accepts a write.
     */
    void find() throws InterruptedException {
        if (askAgainAt - System.nanoTime() > 0 || !asking.tryLock()) {
            return;
        }
        try {
            URI endpoint = endpoints.choose(false);
            HttpResponse<byte[]> response = http.send(
                    HttpRequest.newBuilder(URI.create(endpoint + "/v1/cluster"))
                            .timeout(TIMEOUT)
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            if (response.statusCode() == 200) {
                json.readValue(response.body(), ClusterStatus.class)
                        .leaderMember()
                        .map(ClusterStatus.Member::clientAddress)
                        .filter(address -> address != null && !address.isEmpty())
                        .ifPresent(address -> endpoints.leaderIs(Endpoints.parse(address)));
            }
        } catch (IOException | IllegalArgumentException e) {
            // The attempt that follows meets the same failure and reports it.
        } finally {
            askAgainAt = System.nanoTime() + PAUSE_NANOS;
            asking.unlock();
        }
    }
}
