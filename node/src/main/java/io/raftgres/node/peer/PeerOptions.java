package io.raftgres.node.peer;

/**
 * Bounds and times of a {@link PeerTransport}.
 *
 * @param maxFrameBytes largest frame, before compression and after inflating
 * @param queueBytes bytes of frames that wait for one peer
 * @param queueFrames frames that wait for one peer, in each lane
 * @param socketBufferBytes kernel's buffer at either end: an urgent frame may have to wait for both
 * @param compressFromBytes AppendRequests from this size on are compressed when it pays
 * @param handshakeTimeoutMillis for connecting, and for the handshake as a whole
 * @param idleTimeoutMillis a connection without any data for this long is dead; pings are sent every second
 */
public record PeerOptions(
        int maxFrameBytes,
        int queueBytes,
        int queueFrames,
        int socketBufferBytes,
        int compressFromBytes,
        int handshakeTimeoutMillis,
        int idleTimeoutMillis) {

    /** The greatest {@link #maxFrameBytes}: arithmetic on frame sizes stays far from overflow. */
    private static final int FRAME_BYTES_LIMIT = 256 << 20;

    public PeerOptions {
        if (maxFrameBytes < 1024
                || maxFrameBytes > FRAME_BYTES_LIMIT
                || queueBytes < 1
                || queueFrames < 1
                || socketBufferBytes < 1024
                || compressFromBytes < 64
                || handshakeTimeoutMillis < 1
                || idleTimeoutMillis < 2 * PeerLink.PING_MILLIS) {
            throw new IllegalArgumentException("bounds out of range: maxFrameBytes " + maxFrameBytes + ", queueBytes "
                    + queueBytes + ", queueFrames " + queueFrames + ", socketBufferBytes " + socketBufferBytes
                    + ", compressFromBytes " + compressFromBytes + ", handshakeTimeoutMillis " + handshakeTimeoutMillis
                    + ", idleTimeoutMillis " + idleTimeoutMillis);
        }
    }

    /** @return bounds for nodes in one data centre, and for the core's standard bounds */
    public static PeerOptions standard() {
        return new PeerOptions(32 << 20, 16 << 20, 8192, 256 << 10, 16 << 10, 3_000, 5_000);
    }
}
