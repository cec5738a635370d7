/**
 * Implements the command line: each {@code ./raftgres} command that does not build or test the source tree.
 *
 * <p>Begin with {@link Main}, which lists the commands; then {@link PutCommand} as an example, and {@link ExitCode}.
 *
 * <p>May use: {@code cli.local, client}.
 *
 * <p>Each command runs on the main thread and then the process ends.
 */
package io.raftgres.cli;
