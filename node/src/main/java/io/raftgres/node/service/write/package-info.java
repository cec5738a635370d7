/**
 * Brings writes to the leader, on this node or on another, and their results back.
 *
 * <p>Begin with {@link WriteRouter}, then {@link WriteOperation} and {@link EventLoopBatch}.
 *
 * <p>May use: {@code node.consensus, node.kv, node.memory, node.peer, raft}.
 *
 * <p>Thread-safe; nothing blocks. A write that the leader certainly has not done goes to the next leader until its
 * deadline. A write that may be done is sent again only under its idempotency token.
 */
package io.raftgres.node.service.write;
