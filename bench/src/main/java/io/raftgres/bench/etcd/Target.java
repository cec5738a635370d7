package io.raftgres.bench.etcd;

import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Stream;

/** A cluster that {@code benchmark} is run against, as long as it is open. */
interface Target extends AutoCloseable {

    /** @return of all members, {@code host:port}, separated by commas */
    String endpoints();

    /** @return what is known of it, for the report: its version, and so on */
    Map<String, String> conditions();

    /** @return those of its processes that this one has not started */
    Stream<ProcessHandle> processes();

    /** @return what puts a value at a key, by an API that is not measured */
    HttpRequest put(String key, String value);

    @Override
    void close();

    static HttpRequest request(String method, String uri, String body) {
        return HttpRequest.newBuilder(URI.create(uri))
                .method(method, HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8))
                .build();
    }
}
