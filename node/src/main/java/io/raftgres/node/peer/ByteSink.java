package io.raftgres.node.peer;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes the bytes of packets. Never blocks. */
@FunctionalInterface
interface ByteSink {

    /** @return bytes taken; 0: it has no room for now. Taken bytes may wait for {@link #flush} */
    int write(ByteBuffer bytes) throws IOException;

    /** @return false when bytes that were taken wait for room */
    default boolean flush() throws IOException {
        return true;
    }
}
