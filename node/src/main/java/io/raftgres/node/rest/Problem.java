package io.raftgres.node.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import io.raftgres.node.kv.Printable;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.web.BrowserRules;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletionException;

/**
 * An error as RFC 9457 has it.
 *
 * @param extra further members, by name: numbers and texts
 * @param retryAfterSeconds for the header Retry-After; 0 for none
 */
record Problem(Type type, String detail, Map<String, Object> extra, int retryAfterSeconds) {

    /** The types of problems. The name makes the type URI: /problems/name-in-lower-case. */
    enum Type {
        INVALID_REQUEST(400, "The request is not valid"),
        FUTURE_REVISION(400, "The revision has not happened yet"),
        MEMBER_NOT_FOUND(404, "There is no such member"),
        KEY_FORGOTTEN(409, "It is no longer known whether the write was done"),
        MEMBERSHIP_REFUSED(409, "The change of the cluster is not safe"),
        KEY_NOT_FOUND(404, "The key does not exist"),
        NO_SUCH_ROUTE(404, "There is no such path"),
        UNAUTHENTICATED(401, "The request does not say whose it is"),
        FORBIDDEN(403, "The user has no right to do this"),
        CROSS_SITE(403, "A web page of another site may have sent the request"),
        METHOD_NOT_ALLOWED(405, "The path does not have this method"),
        NOT_ACCEPTABLE(406, "The header Accept allows no media type of the response"),
        BODY_TIMEOUT(408, "The request's body did not arrive in time"),
        COMPACTED(410, "The revision has been compacted"),
        COMPARE_FAILED(412, "The key does not match the request's condition"),
        TOO_LARGE(413, "The request is too large"),
        UNSUPPORTED_MEDIA_TYPE(415, "The body's media type or encoding is not supported"),
        MISDIRECTED(421, "The header Host does not name this node"),
        OVERLOADED(429, "Too many requests are in flight"),
        INTERNAL(500, "The node has a defect"),
        UNAVAILABLE(503, "The request was not carried out"),
        OUTCOME_UNKNOWN(504, "The request may have been carried out"),
        NO_SPACE(507, "There is no space for more data");

        final int status;
        final String title;
        final String uri;

        Type(int status, String title) {
            this.status = status;
            this.title = title;
            this.uri = "/problems/" + name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        }
    }

    static final String MEDIA_TYPE = "application/problem+json";
    private static final int INSTANCE_CHARS = 512;

    Problem(Type type, String detail) {
        this(type, detail, Map.of(), 0);
    }

    static ProblemException invalid(String detail) {
        return new ProblemException(new Problem(Type.INVALID_REQUEST, detail));
    }

    static ProblemException tooLarge(String what, long limitBytes) {
        String detail = what + " is longer than " + limitBytes + " bytes";
        return new ProblemException(new Problem(Type.TOO_LARGE, detail, Map.of("limitBytes", limitBytes), 0));
    }

    static ProblemException overloaded(String detail) {
        return new ProblemException(new Problem(Type.OVERLOADED, detail, Map.of(), 1));
    }

    /** @return whether this node will respond to every further request with this problem */
    boolean isPermanent() {
        return ServiceException.Unavailable.MEMBER_REMOVED.equals(extra.get("reason"));
    }

    static Problem of(BrowserRules.Refusal refusal) {
        return new Problem(
                refusal.status() == BrowserRules.MISDIRECTED ? Type.MISDIRECTED : Type.CROSS_SITE, refusal.detail());
    }

    /** @return null for an unexpected failure */
    static Problem of(Throwable failure) {
        return switch (failure) {
            case ProblemException e -> e.problem();
            case ServiceException e -> of(e);
            case CompletionException e when e.getCause() != null -> of(e.getCause());
            default -> null;
        };
    }

    private static Problem of(ServiceException failure) {
        String detail = failure.getMessage();
        return switch (failure) {
            case ServiceException.Invalid e -> new Problem(Type.INVALID_REQUEST, detail);
            case ServiceException.Rejected e
            when e.reason() == ServiceException.Rejected.Reason.TOKEN_FORGOTTEN ->
                new Problem(Type.KEY_FORGOTTEN, detail);
            case ServiceException.Rejected e -> new Problem(type(e.reason()), detail);
            case ServiceException.FutureRevision e -> new Problem(Type.FUTURE_REVISION, detail);
            case ServiceException.Overloaded e ->
                new Problem(Type.OVERLOADED, detail, Map.of(), Math.clamp((e.retryAfterMillis() + 999) / 1000, 1, 60));
            case ServiceException.Unavailable e ->
                new Problem(Type.UNAVAILABLE, detail, e.reason() == null ? Map.of() : Map.of("reason", e.reason()), 1);
            case ServiceException.NoSpace e -> new Problem(Type.NO_SPACE, detail);
            case ServiceException.NoSuchMember e -> new Problem(Type.MEMBER_NOT_FOUND, detail);
            case ServiceException.Refused e -> new Problem(Type.MEMBERSHIP_REFUSED, detail);
            case ServiceException.OutcomeUnknown e -> new Problem(Type.OUTCOME_UNKNOWN, detail);
            case ServiceException.Compacted e ->
                new Problem(Type.COMPACTED, detail, Map.of("compactedRevision", e.compactedRevision()), 0);
        };
    }

    private static Type type(ServiceException.Rejected.Reason reason) {
        return switch (reason) {
            case USER_EMPTY, INVALID_AUTH_TOKEN, AUTHENTICATION_FAILED, NO_PASSWORD_USER, AUTH_OLD_REVISION ->
                Type.UNAUTHENTICATED;
            case PERMISSION_DENIED -> Type.FORBIDDEN;
            default -> Type.INVALID_REQUEST;
        };
    }

    static ProblemException unauthenticated(String detail) {
        return new ProblemException(new Problem(Type.UNAUTHENTICATED, detail));
    }

    /** @param path the request's, for the member 'instance' */
    Buffer toJson(String path) {
        try (JsonBytes bytes = new JsonBytes()) {
            write(bytes.json(), path);
            return bytes.take();
        }
    }

    void write(JsonGenerator json, String path) {
        try {
            json.writeStartObject();
            json.writeStringField("type", type.uri);
            json.writeStringField("title", type.title);
            json.writeNumberField("status", type.status);
            json.writeStringField("detail", Printable.of(detail));
            json.writeStringField(
                    "instance",
                    Printable.of(path.length() <= INSTANCE_CHARS ? path : path.substring(0, INSTANCE_CHARS) + "..."));
            for (Map.Entry<String, Object> member : extra.entrySet()) {
                switch (member.getValue()) {
                    case Number number -> json.writeNumberField(member.getKey(), number.longValue());
                    case Object text -> json.writeStringField(member.getKey(), Printable.of(text.toString()));
                }
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
