package io.raftgres.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;

/** Where pods run. A change replaces the pods one by one. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Scheduling(
        @JsonPropertyDescription("Labels that a machine must have to run the pods.")
        Map<String, String> nodeSelector,

        @Size(max = 64) @JsonPropertyDescription("Taints of machines that the pods tolerate.")
        List<Toleration> tolerations,

        @JsonPropertyDescription("Affinity of the pods, in addition to the spread over hosts and zones.")
        Affinity affinity,

        @Default("Preferred")
        @ValidationRule(
                value = "self in ['Preferred', 'Required']",
                message = "spread must be Preferred (members share a machine if there is no other one) or Required"
                        + " (they never do)")
        @JsonPropertyDescription("How members are spread over machines and zones. Preferred: members share a machine"
                + " only if there is no other one. Required: two members never share a machine; a member without a"
                + " machine waits. Both only prefer different zones, because many machines have no zone label: to"
                + " require them, add a rule to affinity.")
        String spread,

        @Size(max = 253) @JsonPropertyDescription("Priority class of the pods.")
        String priorityClassName) {}
