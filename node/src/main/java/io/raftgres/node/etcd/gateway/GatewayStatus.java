package io.raftgres.node.etcd.gateway;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.grpc.Status;

/** Maps gRPC's status to HTTP. */
final class GatewayStatus {

    private GatewayStatus() {}

    static GatewayResponse response(Status status) {
        return GatewayResponse.of(http(status.getCode()), GatewayResponse.JSON, json(status));
    }

    /** @return {@code {"code":..,"message":..}} */
    static String json(Status status) {
        String message = status.getDescription() == null ? "" : status.getDescription();
        StringBuilder json =
                new StringBuilder("{\"code\":").append(status.getCode().value());
        if (!message.isEmpty()) {
            json.append(",\"message\":\"");
            JsonStringEncoder.getInstance().quoteAsString(message, json);
            json.append('"');
        }
        return json.append('}').toString();
    }

    /** The mapping of grpc-gateway, which etcd uses. */
    private static int http(Status.Code code) {
        return switch (code) {
            case OK -> 200;
            case CANCELLED -> 499;
            case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE -> 400;
            case DEADLINE_EXCEEDED -> 504;
            case NOT_FOUND -> 404;
            case ALREADY_EXISTS, ABORTED -> 409;
            case PERMISSION_DENIED -> 403;
            case UNAUTHENTICATED -> 401;
            case RESOURCE_EXHAUSTED -> 429;
            case UNIMPLEMENTED -> 501;
            case UNAVAILABLE -> 503;
            case UNKNOWN, INTERNAL, DATA_LOSS -> 500;
        };
    }
}
