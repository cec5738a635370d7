package io.raftgres.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.raftgres.raft.Member;
import org.junit.jupiter.api.Test;

/** A node is ready only when it can do what clients request. */
class NodeHealthTest {

    @Test
    void nodeIsReadyWhenTheLeaderIsReachable() {
        assertNull(NodeHealth.unready(7, true, true, false, 10_000));
        assertEquals("no leader is known", NodeHealth.unready(Member.NONE, false, true, false, 0));
        // The leader's heartbeats come over a separate connection.
        assertEquals("not connected to the leader yet", NodeHealth.unready(7, false, true, false, 0));
        assertEquals("PostgreSQL does not answer", NodeHealth.unready(7, true, false, false, 0));
        assertEquals("its log is behind the others' and does not catch up", NodeHealth.unready(7, true, true, true, 0));
        assertEquals("applied state is 10001 entries behind", NodeHealth.unready(7, true, true, false, 10_001));
    }
}
