package io.raftgres.operator.plan;

import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.PodView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Waits until every member is a voter whose pod is ready and that serves. Only then is the plan done.
 *
 * <p>Before: c-2 is a learner. After: the plan waits, and names c-2.
 */
final class AwaitHealth implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        List<String> troubles = seen.observed().troubles();
        if (!troubles.isEmpty()) {
            return Rule.stuck(String.join("; ", troubles));
        }
        List<String> missing = new ArrayList<>();
        for (int ordinal = 0; ordinal < seen.wanted().replicas(); ordinal++) {
            String name = seen.name(ordinal);
            Optional<PodView> pod = seen.pod(ordinal);
            Optional<MemberView> member = seen.member(ordinal);
            if (pod.isEmpty()) {
                missing.add(name + " has no pod yet");
            } else if (pod.get().terminating()) {
                missing.add(name + " is stopping");
            } else if (member.isEmpty()) {
                missing.add(name + " has not joined yet");
            } else if (!member.get().voter()) {
                missing.add(name + " is a learner, " + member.get().lag() + " entries behind");
            } else if (!member.get().connected()) {
                missing.add(name + " does not answer the leader");
            } else if (!pod.get().ready() || !member.get().serving()) {
                missing.add(name + " is not ready yet");
            }
        }
        seen.pods().stream()
                .filter(pod -> pod.ordinal() >= seen.wanted().replicas())
                .forEach(pod -> missing.add(seen.name(pod.ordinal()) + " is stopping"));
        return missing.isEmpty() ? Optional.empty() : Rule.waiting(String.join("; ", missing));
    }

    static String trouble(PodView pod) {
        return pod.trouble().map(trouble -> ": " + trouble).orElse("");
    }
}
