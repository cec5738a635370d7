package io.raftgres.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Map;

/**
 * Additions to the pods, merged over the operator's own template. The schema of this type is in the file
 * crd/pod-template.yaml of the tests.
 *
 * @param spec fields of a PodSpec, as they were written
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PodTemplate(Metadata metadata, Map<String, Object> spec) {

    /** Labels and annotations of the pods. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Metadata(Map<String, String> labels, Map<String, String> annotations) {}
}
