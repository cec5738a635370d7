/** The types of the API. What they say is the CRD, and what {@code kubectl explain raftcluster} shows. */
package io.raftgres.operator.api.v1alpha1;
