package io.raftgres.e2e.extremes;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Random requests to every operation of the REST API. */
final class RestRequests {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final int INTERNAL = 500;
    private static final Pattern LEARNER =
            Pattern.compile("\"id\":\"([0-9a-f]{16})\",\"name\":\"[^\"]*\",\"role\":\"[a-z]*\",\"voter\":false");

    private final Values values;
    private final HttpClient http;

    RestRequests(Values values, HttpClient http) {
        this.values = values;
        this.http = http;
    }

    private record Asked(String method, String kind, String path, byte[] body) {}

    /** @param url of a node */
    Outcome send(String url) throws IOException, InterruptedException {
        Asked asked = next(url);
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + asked.path()))
                .timeout(TIMEOUT)
                .method(
                        asked.method(),
                        asked.body() == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(asked.body()));
        if (asked.body() != null) {
            request.header("content-type", "application/json");
        }
        headers(request);
        HttpResponse<InputStream> response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            String said = response.statusCode() < 400 ? null : new String(body.readAllBytes(), StandardCharsets.UTF_8);
            if (!asked.kind().equals("watch")) {
                body.skip(Long.MAX_VALUE);
            }
            return Outcome.of(
                    "rest " + asked.kind(),
                    Integer.toString(response.statusCode()),
                    response.statusCode() == INTERNAL,
                    said,
                    asked.path()
                            + (asked.body() == null ? "" : " " + new String(asked.body(), StandardCharsets.UTF_8)));
        }
    }

    private void headers(HttpRequest.Builder request) {
        if (values.chance(0.1)) {
            request.header(
                    "idempotency-key",
                    values.oneOf(
                            "x",
                            "k" + values.below(5),
                            "",
                            "a b",
                            "x".repeat(5_000),
                            "00000000-0000-0000-0000-000000000000"));
        }
        if (values.chance(0.05)) {
            request.header("raftgres-timeout-millis", values.chance(0.5) ? "500" : "" + values.number());
        }
        if (values.chance(0.15)) {
            request.header(
                    values.oneOf("if-match", "if-none-match"),
                    values.chance(0.3) ? values.oneOf("*", "", "x", "\"\"", "W/\"1\"") : "\"" + values.number() + "\"");
        }
    }

    private Asked next(String url) throws IOException, InterruptedException {
        return switch (values.below(24)) {
            case 0, 1 ->
                new Asked("GET", "get", "/v1/kv/" + encoded(values.key()) + query("revision", "consistency"), null);
            case 2 -> new Asked("HEAD", "head", "/v1/kv/" + encoded(values.key()), null);
            case 3, 4, 5, 6 -> new Asked("PUT", "put", "/v1/kv/" + encoded(values.key()), values.value());
            case 7 -> new Asked("DELETE", "delete", "/v1/kv/" + encoded(values.key()), null);
            case 8, 9 ->
                new Asked(
                        "GET",
                        "range",
                        "/v1/kv"
                                + query(
                                        "prefix",
                                        "from",
                                        "to",
                                        "limit",
                                        "revision",
                                        "keysOnly",
                                        "encoding",
                                        "continue"),
                        null);
            case 10 -> new Asked("DELETE", "delete range", "/v1/kv" + query("prefix", "from", "to", "all"), null);
            case 11, 12, 13, 14 -> body("POST", "txn", "/v1/txn" + query("encoding"), txn());
            case 15 -> body("POST", "compact", "/v1/compact", object(List.of("\"revision\":" + values.number())));
            case 16 -> new Asked("GET", "watch", "/v1/watch" + query("prefix", "fromRevision", "encoding"), null);
            case 17 -> new Asked("GET", "cluster", "/v1/cluster", null);
            case 18, 19 -> body("POST", "add member", "/v1/members", member());
            case 20 -> body("PATCH", "update member", "/v1/members/" + who(url), addresses());
            case 21 -> new Asked("DELETE", "remove member", "/v1/members/" + who(url), null);
            case 22 -> new Asked("POST", "promote member", "/v1/members/" + who(url) + "/promote", null);
            default ->
                body(
                        "POST",
                        "leader",
                        "/v1/leader",
                        values.chance(0.05) ? "{}" : object(List.of("\"target\":" + Json.text(values.memberName()))));
        };
    }

    private static String encoded(byte[] bytes) {
        StringBuilder encoded = new StringBuilder();
        for (byte each : bytes) {
            encoded.append("%%%02X".formatted(each & 0xFF));
        }
        return encoded.toString();
    }

    /** @return some of the parameters, mostly with a valid value */
    private String query(String... names) {
        List<String> parameters = new ArrayList<>();
        for (String name : names) {
            if (values.chance(0.3)) {
                parameters.add(name + "="
                        + switch (name) {
                            case "prefix", "from", "to" -> encoded(values.key());
                            case "keysOnly", "all" -> values.oneOf("true", "false", "", "1");
                            case "consistency" -> values.oneOf("local", "linearizable", "x");
                            case "encoding" -> values.oneOf("text", "base64", "x");
                            case "continue" -> Base64.getUrlEncoder().encodeToString(values.key());
                            default -> URLEncoder.encode("" + values.number(), StandardCharsets.UTF_8);
                        });
            }
        }
        return parameters.isEmpty() ? "" : "?" + String.join("&", parameters);
    }

    private Asked body(String method, String kind, String path, String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        if (values.chance(0.03)) {
            body = new Messages(values).damaged(body);
        }
        return new Asked(method, kind, path, body);
    }

    private static String object(List<String> members) {
        return "{" + String.join(",", members) + "}";
    }

    private String list(Supplier<String> of) {
        List<String> all = new ArrayList<>();
        for (int left = values.count(); left > 0; left--) {
            all.add(of.get());
        }
        return "[" + String.join(",", all) + "]";
    }

    private String txn() {
        return object(List.of(
                "\"compare\":" + (values.chance(0.5) ? "[]" : list(this::compare)),
                "\"success\":" + list(this::op),
                "\"failure\":" + list(this::op)));
    }

    private String bytes(byte[] bytes) {
        return "\"" + Base64.getEncoder().encodeToString(bytes) + "\"";
    }

    private String compare() {
        String target = values.oneOf("version", "createRevision", "modRevision", "lease", "value", "x");
        return object(List.of(
                "\"key\":" + bytes(values.key()),
                "\"target\":\"" + target + "\"",
                "\"op\":\"" + values.oneOf("=", "!=", "<", ">", "?") + "\"",
                target.equals("value") ? "\"value\":" + bytes(values.value()) : "\"number\":" + values.number()));
    }

    private String op() {
        return switch (values.below(4)) {
            case 0 -> "{\"delete\":{" + range() + "}}";
            case 1 ->
                "{\"get\":{" + range() + ",\"limit\":"
                        + (values.chance(0.3) ? values.number() : values.below(1_001)) + ",\"keysOnly\":"
                        + values.chance(0.5) + "}}";
            case 2 -> "{\"get\":{" + range() + "}}";
            default -> "{\"put\":{\"key\":" + bytes(values.key()) + ",\"value\":" + bytes(values.value()) + "}}";
        };
    }

    private String range() {
        return values.chance(0.3)
                ? "\"from\":" + bytes(values.key()) + ",\"to\":" + bytes(values.key())
                : "\"" + values.oneOf("key", "prefix") + "\":" + bytes(values.key());
    }

    private String member() {
        return object(List.of(
                "\"name\":" + Json.text(values.memberName()),
                "\"replace\":" + values.chance(0.3),
                "\"peerAddress\":" + Json.text(values.peerAddress()),
                "\"clientAddress\":" + Json.text(values.url())));
    }

    private String addresses() {
        List<String> addresses = new ArrayList<>();
        if (values.chance(0.7)) {
            addresses.add("\"peerAddress\":" + Json.text(values.peerAddress()));
        }
        if (values.chance(0.7)) {
            addresses.add("\"clientAddress\":" + Json.text(values.url()));
        }
        return object(addresses);
    }

    /** @return a member that was added, or an unknown one; never one that serves */
    private String who(String url) throws IOException, InterruptedException {
        if (values.chance(0.3)) {
            return encoded(values.memberName().getBytes(StandardCharsets.UTF_8));
        }
        String cluster = http.send(
                        HttpRequest.newBuilder(URI.create(url + "/v1/cluster"))
                                .timeout(TIMEOUT)
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        List<String> learners = new ArrayList<>();
        for (Matcher each = LEARNER.matcher(cluster); each.find(); ) {
            learners.add(each.group(1));
        }
        return learners.isEmpty() ? "far" : learners.get(values.below(learners.size()));
    }
}
