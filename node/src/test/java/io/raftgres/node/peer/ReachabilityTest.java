package io.raftgres.node.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whoever waits for responses of a peer hears of each connection that took questions with it. */
class ReachabilityTest {

    private final List<String> told = new ArrayList<>();
    private final Reachability peer = new Reachability(2, "node2", new PeerListener() {
        @Override
        public void received(long from, Frame frame) {}

        @Override
        public void connected(long member) {
            told.add("connected");
        }

        @Override
        public void unreachable(long member) {
            told.add("unreachable");
        }

        @Override
        public void undelivered(long member) {
            told.add("undelivered");
        }
    });

    @Test
    void aLossIsToldOnceAlthoughTwoConnectionsBreak() {
        peer.outgoingUp();
        peer.outgoingDown("killed");
        peer.incomingDown("killed");
        assertEquals(List.of("connected", "unreachable"), told);
    }

    @Test
    void whatWasSentAfterTheLossWasToldIsLostToo() {
        peer.outgoingUp();
        peer.incomingDown("killed");
        peer.outgoingDown("killed");
        peer.outgoingDown("refused");
        assertEquals(List.of("connected", "unreachable", "undelivered"), told);
    }

    @Test
    void aPeerThatLivesElsewhereTakesWhatItWasSentWithIt() {
        peer.outgoingUp();
        peer.forget();
        peer.outgoingUp();
        assertEquals(List.of("connected", "undelivered", "connected"), told);
    }
}
