package io.raftgres.node.consensus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.raft.Entry;
import io.raftgres.raft.Input;
import io.raftgres.raft.Message;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Held writes wait for others, are still counted and bounded, and none is lost. */
@Timeout(60)
class MailboxTest {

    /** Longer than the test's timeout: a missing wake-up fails the test. */
    private static final long LONG = TimeUnit.MINUTES.toNanos(5);

    private final Mailbox mailbox = new Mailbox(1_000);

    private record Write(int number) implements PendingWrite {
        @Override
        public byte[] data() {
            return new byte[0];
        }

        @Override
        public void applied(ApplyResult result) {}

        @Override
        public void refused(ServiceException why) {}

        @Override
        public void notDone(NotDone why) {}

        @Override
        public void uncertain() {}
    }

    @BeforeEach
    void own() {
        mailbox.ownedBy(Thread.currentThread());
    }

    private void offer(int from, int to) {
        for (int i = from; i < to; i++) {
            assertTrue(mailbox.offer(new Write(i)));
        }
    }

    @Test
    void heldWritesAreTakenOnceTheyAreManyOrReleased() {
        offer(0, 3);
        assertEquals(List.of(), mailbox.takeWrites(true));
        assertEquals(3, mailbox.waitingWrites());
        mailbox.await(TimeUnit.MILLISECONDS.toNanos(1));
        assertEquals(3, mailbox.takeWrites(false).size());
        assertEquals(List.of(), mailbox.takeWrites(true));
        offer(3, Mailbox.MAX_HELD + 3);
        List<PendingWrite> taken = mailbox.takeWrites(true);
        assertEquals(Mailbox.MAX_HELD, taken.size());
        assertEquals(new Write(3), taken.getFirst());
        assertEquals(0, mailbox.waitingWrites());
    }

    @Test
    void manyHeldWritesWakeTheRaftThread() {
        assertEquals(List.of(), mailbox.takeWrites(true));
        Thread writer = Thread.ofPlatform().start(() -> offer(0, Mailbox.MAX_HELD));
        // Returns early; otherwise the test's timeout ends it.
        while (mailbox.takeWrites(true).isEmpty()) {
            mailbox.await(LONG);
        }
        assertFalse(writer.isInterrupted());
    }

    @Test
    void aWriteThatIsNotHeldWakesTheRaftThread() {
        assertEquals(List.of(), mailbox.takeWrites(false));
        Thread.ofPlatform().start(() -> offer(0, 1));
        while (mailbox.takeWrites(false).isEmpty()) {
            mailbox.await(LONG);
        }
    }

    private static Input.Receive message(long from, int bytes) {
        Message message = bytes == 0
                ? new Message.Heartbeat(1, 2, 3, 4)
                : new Message.AppendRequest(1, 1, 1, List.of(new Entry(2, 1, Entry.Kind.COMMAND, new byte[bytes])), 0);
        return new Input.Receive(from, message);
    }

    /** A flood from the network displaces messages of the network, never input that the core waits for. */
    @Test
    void messagesAreBoundedAndOtherInputsAreNot() {
        while (mailbox.receive(message(2, 0), id -> id == 2)) {
            assertTrue(mailbox.waitingInputs() <= Mailbox.MAX_MESSAGES);
        }
        assertEquals(Mailbox.MAX_MESSAGES, mailbox.waitingInputs());
        Input trimmed = new Input.LogTrimmed(7);
        mailbox.offer(trimmed);
        for (int i = 0; i < Mailbox.MAX_MESSAGES; i++) {
            assertTrue(mailbox.pollInput() instanceof Input.Receive);
        }
        assertEquals(trimmed, mailbox.pollInput());
        assertEquals(0, mailbox.waitingInputs());
        assertTrue(mailbox.receive(message(2, 0), id -> id == 2));
    }

    @Test
    void strangersLeaveRoomForMembers() {
        while (mailbox.receive(message(666, 0), id -> id == 2)) {
            assertTrue(mailbox.waitingInputs() <= Mailbox.MAX_MESSAGES_OF_STRANGERS);
        }
        assertTrue(mailbox.receive(message(2, 0), id -> id == 2));
    }

    @Test
    void entriesInMessagesAreBoundedInBytes() {
        int size = (int) (Mailbox.MAX_MESSAGE_BYTES / 2);
        assertTrue(mailbox.receive(message(2, (int) Mailbox.MAX_MESSAGE_BYTES), id -> true), "one alone always");
        assertFalse(mailbox.receive(message(2, size), id -> true));
        assertTrue(mailbox.receive(message(2, 0), id -> true), "a heartbeat has no entries");
        mailbox.pollInput();
        assertTrue(mailbox.receive(message(2, size), id -> true));
    }

    @Test
    void heldAndOtherWritesAreBounded() {
        mailbox.takeWrites(true);
        offer(0, 1_000);
        assertFalse(mailbox.offer(new Write(1_000)));
        assertEquals(1_000, mailbox.takeWrites(true).size());
        assertTrue(mailbox.offer(new Write(1_001)));
    }
}
