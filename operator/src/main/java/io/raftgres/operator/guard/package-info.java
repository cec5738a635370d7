/**
 * Why a step may not be taken: predicates on who votes and who answers, each with its sentence. They know no
 * Kubernetes.
 */
package io.raftgres.operator.guard;
