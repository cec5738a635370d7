package io.raftgres.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.observe.ObjectReader;
import io.raftgres.operator.resource.Names;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The objects of one cluster as the caches of the {@link Watches} have them. A read costs the API server nothing, and
 * may be older than the operator's own last write.
 *
 * <p>The framework counts an object for each value that its label has had. Only the current one says whose it is.
 */
record CachedObjects(Context<RaftCluster> context) implements ObjectReader {

    @Override
    public <R extends HasMetadata> Optional<R> get(Class<R> type, String name) {
        return objects(type)
                .filter(object -> object.getMetadata().getName().equals(name))
                .findFirst();
    }

    @Override
    public <R extends HasMetadata> List<R> all(Class<R> type) {
        return objects(type).toList();
    }

    private <R extends HasMetadata> Stream<R> objects(Class<R> type) {
        Names names = Names.of(context.getPrimaryResource());
        return context.getSecondaryResourcesAsStream(type).filter(names::isLabelled);
    }
}
