/**
 * Serves the REST API under {@code /v1}.
 *
 * <p>Begin with {@link RestApi}, then {@link Route} and {@link KeyRoutes}.
 *
 * <p>May use: {@code node.auth, node.config, node.kv, node.memory, node.service, node.service.health,
 * node.service.membership, node.service.read, node.tls, node.web}.
 *
 * <p>A request belongs to its event loop, which never blocks. One virtual thread writes each streamed response.
 * {@link RequestLimits} bounds what is in flight, and a node refuses the excess.
 */
package io.raftgres.node.rest;
