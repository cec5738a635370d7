package io.raftgres.node.service.write;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.ServiceException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The outcome of a write never changes after its end. */
class WriteOperationTest {

    private final AtomicInteger ended = new AtomicInteger();
    private final WriteOperation write =
            new WriteOperation(new byte[1], false, System.nanoTime(), ended::incrementAndGet);

    private void endWithoutResult() {
        write.endWithoutResult(new ServiceException.Unavailable("not done"));
    }

    @Test
    void endedWriteIsSentToNoLeader() {
        endWithoutResult();
        assertInstanceOf(ServiceException.Unavailable.class, write.future().exceptionNow());
        assertFalse(write.sent());
        endWithoutResult();
        assertEquals(1, ended.get());
    }

    @Test
    void writeWithALeaderHasAnUnknownOutcome() {
        assertTrue(write.sent());
        endWithoutResult();
        assertInstanceOf(ServiceException.OutcomeUnknown.class, write.future().exceptionNow());
    }

    @Test
    void returnedWriteIsNotDone() {
        assertTrue(write.sent());
        write.returned();
        endWithoutResult();
        assertInstanceOf(ServiceException.Unavailable.class, write.future().exceptionNow());
    }
}
