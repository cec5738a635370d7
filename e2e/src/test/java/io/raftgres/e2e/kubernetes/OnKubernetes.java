package io.raftgres.e2e.kubernetes;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Marks a test of the operator on a real Kubernetes. The operator is installed once for all tests. A test method may
 * have its own {@link Namespace} as a parameter, which is always deleted. Or it has the shared {@link RaftCluster} of
 * three nodes, because creating one takes most of a minute on a small machine. After a failure all diagnostics are
 * printed.
 */
@Tag("kubernetes")
@ExtendWith(KubernetesExtension.class)
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface OnKubernetes {}
