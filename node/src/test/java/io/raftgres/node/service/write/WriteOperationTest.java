package io.raftgres.node.service.write;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.ServiceException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is said of a write at its end is true ever after. */
class WriteOperationTest {

    private final AtomicInteger ended = new AtomicInteger();
    private final WriteOperation write =
            new WriteOperation(new byte[1], false, System.nanoTime(), ended::incrementAndGet);

    private void giveUp() {
        write.giveUp(new ServiceException.Unavailable("not done"));
    }

    @Test
    void oneThatWasNotDoneIsHandedToNobodyAfterwards() {
        giveUp();
        assertInstanceOf(ServiceException.Unavailable.class, write.future().exceptionNow());
        assertFalse(write.sent());
        giveUp();
        assertEquals(1, ended.get());
    }

    @Test
    void oneThatIsWithALeaderMayBeDone() {
        assertTrue(write.sent());
        giveUp();
        assertInstanceOf(ServiceException.OutcomeUnknown.class, write.future().exceptionNow());
    }

    @Test
    void oneThatCameBackIsNotDone() {
        assertTrue(write.sent());
        write.returned();
        giveUp();
        assertInstanceOf(ServiceException.Unavailable.class, write.future().exceptionNow());
    }
}
