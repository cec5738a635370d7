/**
 * Carries frames between the nodes of a cluster: one connection in each direction.
 *
 * <p>Begin with {@link PeerTransport}, then {@link PeerLink} for sending and {@link PeerServer} for receiving.
 *
 * <p>May use: {@code raft, node.config, node.tls}.
 *
 * <p>Thread-safe. Each link and each incoming connection has a thread; a small frame is written by the thread that
 * sends it. The package knows Raft's messages, and nothing of the log, the state machine or the service.
 *
 * <p>With TLS both sides show certificates, see {@link PeerEncryption}: the sender's name must be in its own.
 *
 * <p>A frame may be lost. It is never changed or doubled, and frames of one lane keep their order.
 */
package io.raftgres.node.peer;
