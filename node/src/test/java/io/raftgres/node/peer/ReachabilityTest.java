package io.raftgres.node.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A caller that waits for a peer's responses is notified of each lost connection that had its requests. */
class ReachabilityTest {

    private final List<String> reported = new ArrayList<>();
    private final Reachability peer = new Reachability(2, "node2", new PeerListener() {
        @Override
        public void received(long from, Frame frame) {}

        @Override
        public void connected(long member) {
            reported.add("connected");
        }

        @Override
        public void unreachable(long member) {
            reported.add("unreachable");
        }

        @Override
        public void undelivered(long member) {
            reported.add("undelivered");
        }
    });

    @Test
    void lossIsReportedOnceAlthoughTwoConnectionsBreak() {
        peer.outgoingUp();
        peer.outgoingDown("killed");
        peer.incomingDown("killed");
        assertEquals(List.of("connected", "unreachable"), reported);
    }

    @Test
    void framesSentAfterAReportedLossAreLostToo() {
        peer.outgoingUp();
        peer.incomingDown("killed");
        peer.outgoingDown("killed");
        peer.outgoingDown("refused");
        assertEquals(List.of("connected", "unreachable", "undelivered"), reported);
    }

    @Test
    void framesInFlightToAForgottenPeerAreUndelivered() {
        peer.outgoingUp();
        peer.forget();
        peer.outgoingUp();
        assertEquals(List.of("connected", "undelivered", "connected"), reported);
    }
}
