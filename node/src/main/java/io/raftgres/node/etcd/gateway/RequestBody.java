package io.raftgres.node.etcd.gateway;

import io.netty.buffer.ByteBuf;

/**
 * Receives a request's body. Called on the connection's event loop; may throw a StatusRuntimeException to refuse it.
 */
interface RequestBody {

    /** For requests whose body is ignored. */
    RequestBody IGNORED = new RequestBody() {
        @Override
        public void add(ByteBuf part) {}

        @Override
        public void end() {}
    };

    /** @param part the caller's, valid until this returns */
    void add(ByteBuf part);

    void end();

    /** @return whether the client may send the body piece by piece, for any time */
    default boolean isStream() {
        return false;
    }
}
