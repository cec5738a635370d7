package io.raftgres.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A request is named as a role would have to name it. */
class ApiCallTest {

    private static final String SERVER = "https://10.96.0.1:443";

    @Test
    void whatIsInANamespace() {
        assertEquals(call("get", "", "pods"), of("GET", "/api/v1/namespaces/a/pods/c-0"));
        assertEquals(call("list", "", "pods"), of("GET", "/api/v1/namespaces/a/pods?labelSelector=x%3Dwatch"));
        assertEquals(call("watch", "", "pods"), of("GET", "/api/v1/namespaces/a/pods?limit=1&watch=true"));
        assertEquals(call("create", "", "events"), of("POST", "/api/v1/namespaces/a/events"));
        assertEquals(call("delete", "apps", "statefulsets"), of("DELETE", "/apis/apps/v1/namespaces/a/statefulsets/c"));
        assertEquals(call("deletecollection", "", "pods"), of("DELETE", "/api/v1/namespaces/a/pods"));
        assertEquals(
                call("update", "coordination.k8s.io", "leases"),
                of("PUT", "/apis/coordination.k8s.io/v1/namespaces/a/leases/l"));
    }

    @Test
    void whatIsInNoNamespaceOrInAll() {
        assertEquals(
                call("get", "storage.k8s.io", "storageclasses"), of("GET", "/apis/storage.k8s.io/v1/storageclasses/s"));
        assertEquals(
                call("watch", "raftgres.io", "raftclusters"),
                of("GET", "/apis/raftgres.io/v1alpha1/raftclusters?watch=true"));
        assertEquals(call("get", "", "namespaces"), of("GET", "/api/v1/namespaces/a"));
        assertEquals(call("list", "", "namespaces"), of("GET", "/api/v1/namespaces"));
    }

    @Test
    void subresourcesAndApply() {
        String status = "/apis/raftgres.io/v1alpha1/namespaces/a/raftclusters/c/status";
        assertEquals(call("patch", "raftgres.io", "raftclusters/status"), of("PATCH", status));
        assertEquals(
                call("apply", "raftgres.io", "raftclusters/status"),
                ApiCall.of("PATCH", URI.create(SERVER + status), "application/apply-patch+yaml"));
        assertEquals(
                call("apply", "", "services"),
                of("PATCH", "/api/v1/namespaces/a/services/c?fieldManager=raftgres-operator&force=true"));
    }

    @Test
    void listsOfKindsNeedNoRule() {
        for (String path : new String[] {"/api", "/apis", "/api/v1", "/apis/apps/v1", "/version", "/openapi/v3", "/"}) {
            assertEquals(Optional.empty(), of("GET", path), path);
        }
    }

    private static Optional<ApiCall> call(String verb, String group, String resource) {
        return Optional.of(new ApiCall(verb, group, resource));
    }

    private static Optional<ApiCall> of(String method, String path) {
        return ApiCall.of(method, URI.create(SERVER + path), "application/merge-patch+json");
    }
}
