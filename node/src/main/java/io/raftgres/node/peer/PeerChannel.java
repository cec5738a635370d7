package io.raftgres.node.peer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.cert.X509Certificate;
import java.util.List;

/** The connection that this node has dialled, plain or encrypted. Never blocks. {@link PeerLink} has a lock for it. */
interface PeerChannel extends ByteSink {

    SocketChannel socket();

    /** @return bytes read; 0: none yet; -1: the other side has closed the connection */
    int read(ByteBuffer into) throws IOException;

    /** Tells the other side that no more bytes follow, if the socket has room; the connection is closed next. */
    default void farewell() {}

    /** @return the other side's certificates; empty on a plain connection */
    List<X509Certificate> certificates();

    /** @return the channel itself, without encryption */
    static PeerChannel plain(SocketChannel socket) {
        return new Plain(socket);
    }

    /** @param socket connected, non-blocking */
    record Plain(SocketChannel socket) implements PeerChannel {
        @Override
        public int write(ByteBuffer bytes) throws IOException {
            return socket.write(bytes);
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            return socket.read(into);
        }

        @Override
        public List<X509Certificate> certificates() {
            return List.of();
        }
    }
}
