package io.raftgres.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;

/** Reads the headers and rows of a response. */
final class Responses {
    private Responses() {}

    private static final String REVISION = "Raftgres-Revision";

    /**
     * @throws RaftgresException if the header is missing: then another program sent the response, such as its own 404
     */
    static long revision(HttpResponse<?> response) {
        return response.headers().firstValueAsLong(REVISION).orElseThrow(() -> unexpected(response));
    }

    /** @return 0 when the response has no revision */
    static long revisionIfSaid(HttpResponse<?> response) {
        return number(response.headers(), REVISION);
    }

    static long modRevision(HttpResponse<?> response) {
        return number(response.headers(), "Raftgres-Mod-Revision");
    }

    static boolean replayed(HttpResponse<?> response) {
        return response.headers()
                .firstValue("Raftgres-Replayed")
                .map("true"::equalsIgnoreCase)
                .orElse(false);
    }

    static KeyValue row(byte[] key, HttpResponse<byte[]> response) {
        HttpHeaders headers = response.headers();
        return new KeyValue(
                key,
                response.body(),
                number(headers, "Raftgres-Create-Revision"),
                number(headers, "Raftgres-Mod-Revision"),
                number(headers, "Raftgres-Version"));
    }

    static KeyValue row(JsonNode node) throws IOException {
        return new KeyValue(
                node.path("key").binaryValue(),
                node.hasNonNull("value") ? node.path("value").binaryValue() : new byte[0],
                node.path("createRevision").asLong(),
                node.path("modRevision").asLong(),
                node.path("version").asLong());
    }

    static Txn.Response txn(JsonNode node, boolean replayed) throws IOException {
        List<Txn.Result> results = new ArrayList<>();
        for (JsonNode result : node.path("results")) {
            results.add(txnResult(result));
        }
        return new Txn.Response(
                node.path("revision").asLong(), node.path("succeeded").asBoolean(), results, replayed);
    }

    private static Txn.Result txnResult(JsonNode node) throws IOException {
        if (node.has("put")) {
            JsonNode put = node.path("put");
            return new Txn.Result.Put(
                    put.path("createRevision").asLong(),
                    put.path("modRevision").asLong(),
                    put.path("version").asLong());
        }
        if (node.has("delete")) {
            return new Txn.Result.Delete(node.path("delete").path("deleted").asLong());
        }
        List<KeyValue> rows = new ArrayList<>();
        for (JsonNode row : node.path("get").path("kvs")) {
            rows.add(row(row));
        }
        return new Txn.Result.Get(rows, node.path("get").path("more").asBoolean());
    }

    private static long number(HttpHeaders headers, String name) {
        return headers.firstValueAsLong(name).orElse(0);
    }

    /** For a status that the API never gives here: another program than a Raftgres node sent the response. */
    static RaftgresException unexpected(HttpResponse<?> response) {
        return new RaftgresException.BadRequest("Unexpected status " + response.statusCode() + " from "
                + response.request().uri() + ". Check that the endpoint is a Raftgres node.");
    }

    static RaftgresException notUnderstood(HttpResponse<?> response, IOException cause) {
        return new RaftgresException.BadRequest(
                "The response from " + response.request().uri() + " cannot be read" + " (" + cause.getMessage()
                        + "). Check that the endpoint is a Raftgres node.");
    }
}
