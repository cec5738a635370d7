/** What a cluster consists of in Kubernetes: one pure builder for each resource. */
package io.raftgres.operator.resource;
