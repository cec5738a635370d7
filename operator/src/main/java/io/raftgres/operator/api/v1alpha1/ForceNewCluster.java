package io.raftgres.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** Request to make a new cluster from the data of one member. The operator does it once for each cluster id. */
public record ForceNewCluster(
        @Required
        @Size(min = 1, max = 63)
        @JsonPropertyDescription("Name of the member whose data becomes the new cluster, such as c-0. Choose the"
                + " member that the condition QuorumAvailable names: of those with whole data the one with the"
                + " highest lastTerm in status.members, of several the one with the highest lastIndex.")
        String member,

        @Required
        @Size(max = 16)
        @ValidationRule(
                value = "self.matches('^[0-9a-f]{16}$')",
                message = "clusterId must be the 16 hexadecimal digits in status.clusterId: they confirm that this"
                        + " cluster is meant")
        @JsonPropertyDescription("status.clusterId of the cluster that lost its majority. The new cluster gets"
                + " another id, so that this request is carried out once.")
        String clusterId) {}
