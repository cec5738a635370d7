package io.raftgres.node.peer;

/** What travels on a connection: the callers' frames and the transport's own pings. */
sealed interface Packet {

    /** @param size of the encoded frame, in bytes */
    record Data(Frame frame, int size) implements Packet {}

    /** @param nanos the sender's clock, which the pong repeats */
    record Ping(long nanos) implements Packet {}

    /** Answer to a ping, on the connection of the other direction. */
    record Pong(long nanos) implements Packet {}
}
