/**
 * Says who a caller is: tokens, passwords, and the one type of a caller that was checked.
 *
 * <p>Begin with {@link Callers}, then {@link Caller} and {@link UserTokens}.
 *
 * <p>May use: {@code node.kv}.
 *
 * <p>Thread-safe. Passwords are hashed few at a time ({@link Places}), and never reach the log; the log has hashes of
 * passwords and of tokens.
 *
 * <p>Only this package makes a {@link Caller}: {@code ArchitectureTest} holds it so. What the caller may do is decided
 * by {@link io.raftgres.node.kv.AuthState}.
 */
package io.raftgres.node.auth;
