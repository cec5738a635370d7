package io.raftgres.operator.observe;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Optional;

/** Reads the objects of one cluster: from the API server, or from the caches that watches keep current. */
public interface ObjectReader {

    /**
     * @return empty when there is no such object. The API server also returns one without the cluster's label, caches
     *     do not.
     */
    <R extends HasMetadata> Optional<R> get(Class<R> type, String name);

    /** @return the objects that have the cluster's label */
    <R extends HasMetadata> List<R> all(Class<R> type);
}
