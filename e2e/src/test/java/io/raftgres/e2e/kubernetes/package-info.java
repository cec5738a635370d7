/**
 * Whole tests on a real Kubernetes, one behaviour a file. They know only KUBECONFIG and the images' names; what stops a
 * machine or cuts a network is given to them as a command ({@link io.raftgres.e2e.kubernetes.Hooks}).
 */
package io.raftgres.e2e.kubernetes;
