package io.raftgres.operator;

import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * A call of the Kubernetes API, described with the terms of a role's rules.
 *
 * @param verb as in a role's rule; or {@code apply} for server-side apply, which needs {@code patch}, and {@code
 *     create} when the object does not exist
 * @param group empty for the core group
 * @param resource in the plural, with its subresource: {@code raftclusters/status}
 */
public record ApiCall(String verb, String group, String resource) {

    private static final String APPLY = "application/apply-patch+";

    /**
     * @param contentType of the request, may be null
     * @return empty for calls that need no rule: the lists of kinds and versions
     */
    public static Optional<ApiCall> of(String method, URI uri, String contentType) {
        List<String> path = List.of(uri.getPath().replaceFirst("^/+", "").split("/+"));
        // api/v1/..., or apis/group/version/...
        int begin = path.getFirst().equals("api") ? 2 : 3;
        if (path.size() <= begin || !path.getFirst().startsWith("api")) {
            return Optional.empty();
        }
        String group = path.getFirst().equals("api") ? "" : path.get(1);
        List<String> rest = path.subList(begin, path.size());
        if (rest.getFirst().equals("namespaces") && rest.size() > 2) {
            rest = rest.subList(2, rest.size());
        }
        String resource = rest.size() > 2 ? rest.get(0) + "/" + rest.get(2) : rest.getFirst();
        return Optional.of(new ApiCall(verb(method, rest.size() > 1, uri.getQuery(), contentType), group, resource));
    }

    private static String verb(String method, boolean named, String query, String contentType) {
        return switch (method) {
            case "GET", "HEAD" ->
                query != null && ("&" + query + "&").contains("&watch=true&") ? "watch" : named ? "get" : "list";
            case "POST" -> "create";
            case "PUT" -> "update";
            // The client adds the content type later; only server-side apply uses force.
            case "PATCH" ->
                contentType != null && contentType.startsWith(APPLY)
                                || query != null && ("&" + query + "&").contains("&force=true&")
                        ? "apply"
                        : "patch";
            case "DELETE" -> named ? "delete" : "deletecollection";
            default -> method;
        };
    }
}
