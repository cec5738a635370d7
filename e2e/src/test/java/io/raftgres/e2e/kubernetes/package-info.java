/**
 * Tests on a real Kubernetes, one behaviour in each file. They know only KUBECONFIG and the images' names. Commands
 * from the environment stop a machine or cut a network ({@link io.raftgres.e2e.kubernetes.Hooks}).
 */
package io.raftgres.e2e.kubernetes;
