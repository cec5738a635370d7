/**
 * Serves etcd's Maintenance and Cluster services, and its health checks.
 *
 * <p>Begin with {@link MaintenanceEndpoint}, then {@link ClusterEndpoint} and {@link HealthChecks}.
 *
 * <p>May use: {@code etcd.api.*, node.config, node.etcd.auth, node.etcd.call, node.etcd.gateway, node.etcd.message,
 * node.kv, node.service, node.service.health, node.service.membership}.
 *
 * <p>Thread-safe; calls that block run on virtual threads.
 */
package io.raftgres.node.etcd.maintenance;
