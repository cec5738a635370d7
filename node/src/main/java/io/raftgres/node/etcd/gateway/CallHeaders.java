package io.raftgres.node.etcd.gateway;

import io.grpc.Metadata;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;
import java.util.Map;

/** Selects the request headers that are passed to the call: the token, and headers with the gateway's prefix. */
final class CallHeaders {

    private static final String PREFIX = "grpc-metadata-";

    private CallHeaders() {}

    static Metadata of(HttpHeaders headers) {
        Metadata metadata = new Metadata();
        String token = headers.get(HttpHeaderNames.AUTHORIZATION);
        if (token != null) {
            put(metadata, "authorization", token);
        }
        for (Map.Entry<String, String> header : headers) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (name.startsWith(PREFIX)) {
                put(metadata, name.substring(PREFIX.length()), header.getValue());
            }
        }
        return metadata;
    }

    private static void put(Metadata metadata, String name, String value) {
        if (name.startsWith("grpc-") || name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
            return;
        }
        try {
            metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
        } catch (IllegalArgumentException e) {
            // HTTP/1.1 allows this name and gRPC does not: leave it out.
        }
    }
}
