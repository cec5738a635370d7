package io.raftgres.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;

/** How a Service is reached. No change of these fields restarts a pod, except that of the clients' {@code host}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "!has(self.loadBalancerClass) && !has(self.loadBalancerSourceRanges)"
                + " || has(self.type) && self.type == 'LoadBalancer'",
        message = "loadBalancerClass and loadBalancerSourceRanges need type LoadBalancer: set it, or remove them")
@ValidationRule(
        value = "!has(self.externalTrafficPolicy) && !has(self.nodePorts)"
                + " || has(self.type) && self.type in ['NodePort', 'LoadBalancer']",
        message = "externalTrafficPolicy and nodePorts need type NodePort or LoadBalancer: set it, or remove them")
@ValidationRule(
        value = "!(has(self.type) && self.type == 'LoadBalancer' && has(oldSelf.type)"
                + " && oldSelf.type == 'LoadBalancer')"
                + " || has(self.loadBalancerClass) == has(oldSelf.loadBalancerClass)"
                + " && (!has(self.loadBalancerClass) || self.loadBalancerClass == oldSelf.loadBalancerClass)",
        message = "Kubernetes does not change the loadBalancerClass of a load balancer: set type to ClusterIP first")
public record ServiceOptions(
        @Size(max = 16)
        @ValidationRule(
                value = "self in ['ClusterIP', 'NodePort', 'LoadBalancer']",
                message = "type must be ClusterIP, NodePort or LoadBalancer")
        @JsonPropertyDescription("ClusterIP: reached only in Kubernetes. NodePort: also at a port of each machine."
                + " LoadBalancer: also at an address of the provider. Default: ClusterIP.")
        String type,

        @Size(max = 253)
        @ValidationRule(
                value = "self.matches('^([a-z0-9.-]|[{]member[}])+$')",
                message = "host must be a DNS name in small letters, such as db.example.com; {member} stands for a"
                        + " member's name")
        @JsonPropertyDescription("DNS name by which clients outside of Kubernetes reach the Service. The nodes accept"
                + " HTTP requests to it. For the members' Services it must contain {member}, which stands for a"
                + " member's name, such as {member}.db.example.com; it is the address that each member advertises.")
        String host,

        @Size(max = 32)
        @ValidationRule(
                value = "!self.exists(k, k.startsWith('raftgres.io/') || k in ['app.kubernetes.io/name',"
                        + " 'app.kubernetes.io/instance', 'app.kubernetes.io/managed-by'])",
                message = "labels of Services must not be those that the operator itself sets: take other names")
        @JsonPropertyDescription("Further labels.")
        Map<String, String> labels,

        @Size(max = 32)
        @ValidationRule(
                value = "!self.exists(k, k.startsWith('raftgres.io/'))",
                message = "annotations must not begin with raftgres.io/: these are the operator's; take other names")
        @JsonPropertyDescription("Annotations, such as those that a provider's load balancer or external-dns reads. In"
                + " those of the members' Services {member} stands for the member's name.")
        Map<String, String> annotations,

        @Size(max = 253)
        @JsonPropertyDescription("Implementation of the load balancer, such as service.k8s.aws/nlb. Kubernetes does"
                + " not change it later.")
        String loadBalancerClass,

        @Size(max = 64)
        @JsonPropertyDescription("Networks of clients that the load balancer accepts, such as 10.0.0.0/8.")
        List<String> loadBalancerSourceRanges,

        @Size(max = 16)
        @ValidationRule(
                value = "self in ['Cluster', 'Local']",
                message = "externalTrafficPolicy must be Cluster or Local")
        @JsonPropertyDescription("Cluster: each machine accepts traffic for all pods. Local: only for its own pods, and"
                + " keeps the clients' addresses. Default: Cluster.")
        String externalTrafficPolicy,

        @JsonPropertyDescription("Ports of the machines. Without it Kubernetes chooses them.")
        NodePorts nodePorts) {

    /** Ports of the machines. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record NodePorts(
            @Min(1)
            @Max(65_535)
            @JsonPropertyDescription("Port for REST. For the members' Services: that of the first member; each further"
                    + " member has the next port.")
            Integer http,

            @Min(1)
            @Max(65_535)
            @JsonPropertyDescription("Port for etcd's API. For the members' Services: that of the first member; each"
                    + " further member has the next port.")
            Integer etcd) {}
}
