package io.raftgres.operator.plan;

import java.util.Optional;

/**
 * Says that an image of the spec is refused: the pods keep the images that they have. Other changes continue.
 *
 * <p>Before: nodes of release 0.9, and spec.image is one of 0.12. After: the same, and the sentence says what to do.
 */
final class KeepImages implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        return seen.wanted().images().refusal().flatMap(Rule::stuck);
    }
}
