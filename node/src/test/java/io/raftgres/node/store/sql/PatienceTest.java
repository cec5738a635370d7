package io.raftgres.node.store.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** A statement that takes longer than usual ends at some time, however often it must be started again. */
class PatienceTest {

    private static final SQLException TIMEOUT = new SQLException("An I/O error", "08006", new SocketTimeoutException());

    @Test
    void timeGrowsOnlyWithTimeouts() {
        Patience patience = new Patience();
        assertEquals(60, patience.seconds());
        patience.failed(new SQLException("gone", "08006", new IOException()));
        patience.failed(new SQLException("no connection", "08001", new SocketTimeoutException()));
        assertFalse(patience.isLong());
        patience.failed(TIMEOUT);
        patience.failed(TIMEOUT);
        assertEquals(240, patience.seconds());
        patience.succeeded();
        assertEquals(60, patience.seconds());
        for (int i = 0; i < 100; i++) {
            patience.failed(TIMEOUT);
        }
        assertEquals(4 * 3_600, patience.seconds());
    }
}
