package io.raftgres.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;

/** The Services by which clients reach the cluster. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ServiceSpecs(
        @ValidationRule(
                value = "!has(self.host) || !self.host.contains('{member}')",
                message = "services.client.host is the name of one Service for all members: remove {member}")
        @JsonPropertyDescription("The Service NAME, which leads to any ready node.")
        ServiceOptions client,

        @ValidationRule(
                value = "!has(self.host) || self.host.contains('{member}')",
                message = "services.members.host must contain {member}, such as {member}.db.example.com: each member"
                        + " needs a name of its own")
        @JsonPropertyDescription("One Service for each member, NAME-0, NAME-1 and so on. Without this field there are"
                + " none; {} makes them with the defaults. Each member then advertises its Service to clients, in"
                + " 'etcdctl member list' too: by host, else by the address of the load balancer, else by the Service's"
                + " name in Kubernetes. The other members still use the names in Kubernetes.")
        ServiceOptions members) {}
