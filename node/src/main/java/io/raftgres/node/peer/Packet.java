package io.raftgres.node.peer;

/** The unit on a connection: a frame of the callers, or a ping or pong of the transport. */
sealed interface Packet {

    /** @param size of the encoded frame, in bytes */
    record Data(Frame frame, int size) implements Packet {}

    /** @param nanos the sender's clock, which the pong repeats */
    record Ping(long nanos) implements Packet {}

    /** Response to a ping, on the connection of the other direction. */
    record Pong(long nanos) implements Packet {}
}
