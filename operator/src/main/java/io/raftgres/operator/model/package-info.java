/**
 * What the operator knows of a cluster, as plain values: the spec's wishes, pods, claims, members and a recovery.
 *
 * <p>Begin with {@link Observed}, then {@link Wanted} and {@link MemberNames}.
 *
 * <p>May use: nothing of the project.
 *
 * <p>Immutable values without behaviour: the package knows no Kubernetes, no network and no clock.
 */
package io.raftgres.operator.model;
