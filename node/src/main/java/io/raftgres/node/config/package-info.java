/**
 * Defines the options of a node, and the small files that record who the member is.
 *
 * <p>Begin with {@link NodeConfig}, then {@link MemberIdentity} and {@link Bootstrap}.
 *
 * <p>May use: {@code raft}.
 *
 * <p>Stateless: all values are immutable. After a crash a file is there as a whole or not at all, see
 * {@link DurableFile}.
 */
package io.raftgres.node.config;
