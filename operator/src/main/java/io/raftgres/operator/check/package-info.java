/**
 * Checks whether an installation works; {@code helm test} runs it in a pod from the operator's own image.
 *
 * <p>Begin with {@link InstallationCheck}.
 *
 * <p>May use: nothing of the project.
 *
 * <p>Stateless; it needs nothing but a JDK.
 */
package io.raftgres.operator.check;
