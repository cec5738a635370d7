package io.raftgres.bench.suite;

import io.raftgres.bench.suite.ClusterApi.Node;
import io.raftgres.bench.suite.ClusterApi.View;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Checks that all nodes report the same set hash at the same applied index, while no client writes. */
record HashCheck(boolean equal, String text) {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    static HashCheck of(ClusterApi api, List<Node> nodes) {
        List<View> views = new ArrayList<>();
        boolean same = ClusterApi.await(TIMEOUT, () -> {
            views.clear();
            nodes.stream()
                    .map(node -> api.view(node.endpoint()))
                    .flatMap(Optional::stream)
                    .forEach(views::add);
            return views.size() == nodes.size()
                    && views.stream().mapToLong(View::hashIndex).distinct().count() == 1
                    && views.stream().mapToLong(View::appliedIndex).distinct().count() == 1;
        });
        if (!same) {
            return new HashCheck(false, "the nodes' hashes were not of one index within " + TIMEOUT.toSeconds() + " s");
        }
        boolean equal = views.stream().map(View::hash).distinct().count() == 1
                && !views.getFirst().hash().isBlank();
        String at = " at index " + views.getFirst().hashIndex();
        return equal
                ? new HashCheck(
                        true,
                        nodes.size() + " of " + nodes.size() + " nodes have hash "
                                + views.getFirst().hash() + at)
                : new HashCheck(
                        false,
                        "the hashes differ" + at + ": "
                                + views.stream().map(View::hash).toList());
    }
}
