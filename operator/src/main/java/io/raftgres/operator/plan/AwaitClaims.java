package io.raftgres.operator.plan;

import io.raftgres.operator.model.ClaimView;
import io.raftgres.operator.model.ResizeView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Waits until every claim has the size that it was given. Growth needs no step of the operator, and a driver may fail
 * in it.
 *
 * <p>Before: the claim of c-1 requests 20 GiB and has 10 GiB. After: the plan waits, and names the claim.
 */
final class AwaitClaims implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        List<String> growing = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        for (ClaimView claim : seen.claims()) {
            long wanted = GrowClaims.wanted(seen, claim);
            if (claim.terminating()
                    || claim.capacity() == 0
                    || claim.capacity() >= wanted
                    || claim.capacity() >= claim.bytes()) {
                continue;
            }
            (claim.resize().filter(ResizeView::failed).isPresent() ? failed : growing).add(sentence(seen, claim));
        }
        if (!failed.isEmpty()) {
            return Rule.stuck(String.join("; ", failed) + ". Give the storage more space, or set the size in"
                    + " spec.storage back to one that the storage can give, and no claim exceeds");
        }
        return growing.isEmpty() ? Optional.empty() : Rule.waiting(String.join("; ", growing));
    }

    private static String sentence(ClusterState seen, ClaimView claim) {
        return "claim " + seen.name(claim) + " has " + claim.capacity() + " of " + claim.bytes() + " bytes"
                + claim.resize().map(it -> " (" + it.message() + ")").orElse("");
    }
}
