package io.raftgres.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.raftgres.raft.Member;
import org.junit.jupiter.api.Test;

/** Clients are sent to a node only when it can do what they ask. */
class NodeHealthTest {

    @Test
    void isReadyWhenAWriteCanBeTakenToTheLeader() {
        assertNull(NodeHealth.unready(7, true, true, 10_000));
        assertEquals("no leader is known", NodeHealth.unready(Member.NONE, false, true, 0));
        // The leader's heartbeats come by a connection of its own.
        assertEquals("not connected to the leader yet", NodeHealth.unready(7, false, true, 0));
        assertEquals("PostgreSQL does not answer", NodeHealth.unready(7, true, false, 0));
        assertEquals("applied state is 10001 entries behind", NodeHealth.unready(7, true, true, 10_001));
    }
}
