/**
 * Decides whether a member may be stopped, removed or lose its data, and says in a sentence why not.
 *
 * <p>Begin with {@link Guard}, then {@link Electorate}.
 *
 * <p>May use: {@code operator.model}.
 *
 * <p>Stateless and pure: the package knows no Kubernetes, no plan, no network and no clock.
 */
package io.raftgres.operator.guard;
