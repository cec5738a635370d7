/**
 * Serves etcd's Auth service, and checks each call before its service receives it.
 *
 * <p>Begin with {@link CallInterceptor}, then {@link RequiredPermission} and {@link AuthEndpoint}.
 *
 * <p>May use: {@code etcd.api.*, node.etcd.call, node.etcd.message, node.kv, node.service}.
 *
 * <p>Thread-safe. Passwords are hashed on virtual threads, few at a time ({@link Places}), and never reach the log.
 *
 * <p>Authentication cannot be enabled yet: users, roles and permissions are kept and shown, and no call needs them. A
 * method that {@link RequiredPermission} does not list is not served.
 */
package io.raftgres.node.etcd.auth;
