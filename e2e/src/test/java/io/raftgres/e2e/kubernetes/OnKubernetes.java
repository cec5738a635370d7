package io.raftgres.e2e.kubernetes;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test of the operator on a real Kubernetes. The operator is installed once for all; each test method may ask for a
 * {@link Namespace} of its own, which is deleted whatever happens, or for the {@link RaftCluster} of three nodes that
 * tests hand on to each other as long as all goes well: making one takes most of a minute on a small machine. On
 * failure all that a person needs is printed.
 */
@Tag("kubernetes")
@ExtendWith(KubernetesExtension.class)
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface OnKubernetes {}
