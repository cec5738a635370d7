package io.raftgres.bench.etcd;

import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Stream;

/** A cluster against which {@code benchmark} runs, until it is closed. */
interface Target extends AutoCloseable {

    /** @return endpoints of all members, {@code host:port}, separated by commas */
    String endpoints();

    /** @return facts for the report, such as its version */
    Map<String, String> conditions();

    /** @return those of its processes that this process has not started */
    Stream<ProcessHandle> processes();

    /** @return a client that puts a value, through an API that is not measured */
    HttpRequest put(String key, String value);

    @Override
    void close();

    static HttpRequest request(String method, String uri, String body) {
        return HttpRequest.newBuilder(URI.create(uri))
                .method(method, HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8))
                .build();
    }
}
