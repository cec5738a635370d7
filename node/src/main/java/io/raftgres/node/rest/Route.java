package io.raftgres.node.rest;

import io.vertx.core.http.HttpMethod;

/** The operations of the API. Any other request gets a 404 or a 405. The OpenAPI document lists the same operations. */
public enum Route {
    GET_KEY("GET", Route.KEY),
    HEAD_KEY("HEAD", Route.KEY),
    PUT_KEY("PUT", Route.KEY),
    DELETE_KEY("DELETE", Route.KEY),
    GET_RANGE("GET", Route.RANGE),
    DELETE_RANGE("DELETE", Route.RANGE),
    TXN("POST", "/v1/txn"),
    COMPACT("POST", "/v1/compact"),
    WATCH("GET", "/v1/watch"),
    CLUSTER("GET", "/v1/cluster"),
    ADD_MEMBER("POST", Route.MEMBERS),
    UPDATE_MEMBER("PATCH", Route.MEMBER),
    REMOVE_MEMBER("DELETE", Route.MEMBER),
    PROMOTE_MEMBER("POST", Route.MEMBER + Route.PROMOTE_SUFFIX),
    TRANSFER_LEADERSHIP("POST", "/v1/leader"),
    /** Requests for no path or method of the API. */
    OTHER("", "");

    static final String KEY = "/v1/kv/{key}";
    static final String RANGE = "/v1/kv";
    static final String KEY_PREFIX = "/v1/kv/";
    static final String MEMBERS = "/v1/members";
    static final String MEMBER = "/v1/members/{member}";
    static final String MEMBER_PREFIX = "/v1/members/";
    static final String PROMOTE_SUFFIX = "/promote";

    private final String method;
    private final String path;

    Route(String method, String path) {
        this.method = method;
        this.path = path;
    }

    public String method() {
        return method;
    }

    /** @return the path as in the OpenAPI document */
    public String path() {
        return path;
    }

    /** @return whether its request has a meaningful body */
    boolean takesBody() {
        return switch (this) {
            case PUT_KEY, TXN, COMPACT, ADD_MEMBER, UPDATE_MEMBER, TRANSFER_LEADERSHIP -> true;
            default -> false;
        };
    }

    /**
     * @return OTHER if there is no such path, or if the path has no such method ({@link #allowedAt} distinguishes the
     *     cases)
     */
    static Route of(HttpMethod method, String rawPath) {
        String template = template(rawPath);
        String name = method.name();
        for (Route route : ALL) {
            if (route.path.equals(template) && route.method.equals(name)) {
                return route;
            }
        }
        return OTHER;
    }

    /** @return the methods of a path, for the header Allow; empty when there is no such path */
    static String allowedAt(String rawPath) {
        String template = template(rawPath);
        StringBuilder allowed = new StringBuilder();
        for (Route route : ALL) {
            if (route != OTHER && route.path.equals(template)) {
                allowed.append(allowed.isEmpty() ? "" : ", ").append(route.method);
            }
        }
        return allowed.toString();
    }

    private static String template(String rawPath) {
        if (rawPath.startsWith(KEY_PREFIX)) {
            return KEY;
        }
        if (rawPath.startsWith(MEMBER_PREFIX)) {
            String rest = rawPath.substring(MEMBER_PREFIX.length());
            int slash = rest.indexOf('/');
            return slash < 0
                    ? MEMBER
                    : rest.substring(slash).equals(PROMOTE_SUFFIX) ? MEMBER + PROMOTE_SUFFIX : rawPath;
        }
        return rawPath;
    }

    private static final Route[] ALL = values();
}
