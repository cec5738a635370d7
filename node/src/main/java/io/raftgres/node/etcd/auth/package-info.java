/**
 * Serves etcd's Auth service, and determines and checks the caller of each call before its service receives it.
 *
 * <p>Begin with {@link CallInterceptor}, then {@link RequiredPermission}, {@link CallService} and {@link AuthEndpoint}.
 *
 * <p>May use: {@code etcd.api.*, node.auth, node.etcd.call, node.etcd.message, node.kv, node.service,
 * node.service.health, node.service.membership, node.service.watch}.
 *
 * <p>Thread-safe. Passwords are hashed on virtual threads, and never reach the log.
 *
 * <p>Users cannot be checked yet: {@code auth enable} is refused. A method that {@link RequiredPermission} does not
 * list is not served.
 */
package io.raftgres.node.etcd.auth;
