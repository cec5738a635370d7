package io.raftgres.node.peer;

/**
 * Statistics of one peer since its link was created.
 *
 * @param connected frames can be sent to it
 * @param sentBytes as on the wire, compressed and with headers; likewise {@code receivedBytes}
 * @param droppedFrames frames that {@link PeerTransport#send} dropped
 * @param roundTripNanos of the latest ping, 0 before the first
 * @param reconnects connections made to it after the first
 */
public record PeerStats(
        boolean connected,
        long queuedFrames,
        long queuedBytes,
        long sentFrames,
        long sentBytes,
        long receivedFrames,
        long receivedBytes,
        long droppedFrames,
        long roundTripNanos,
        long reconnects) {

    static final PeerStats NONE = new PeerStats(false, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
