package io.raftgres.node.consensus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.RequestCodec;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.raft.Entry;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Message;
import io.raftgres.raft.Output;
import io.raftgres.raft.RaftConfig;
import io.raftgres.raft.RaftCore;
import io.raftgres.raft.Restored;
import io.raftgres.raft.Role;
import io.raftgres.raft.Rules;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The log's time advances with the time that has passed since a member leads, whatever its wall clock shows. */
@Timeout(120)
class LogClockTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @Test
    void clockContinuesFromTheLogByTheElapsedTime() {
        LogClock clock = new LogClock();
        clock.begin(7_000, 5 * SECOND);
        assertEquals(7_000, clock.millis(7_000, 5 * SECOND));
        assertEquals(9_000, clock.millis(7_000, 7 * SECOND));
    }

    @Test
    void logTimeAppliedAfterTheStartCounts() {
        LogClock clock = new LogClock();
        clock.begin(7_000, 0);
        assertEquals(9_500, clock.millis(9_500, SECOND));
        assertEquals(10_500, clock.millis(9_500, 2 * SECOND));
    }

    @Test
    void noTimePassesBetweenLeaders() {
        LogClock clock = new LogClock();
        clock.begin(7_000, 0);
        clock.begin(8_000, 100 * SECOND);
        assertEquals(9_000, clock.millis(8_000, 101 * SECOND));
    }

    /** A wall clock would say some 1.8e12. The clock of the former leader may have differed by minutes. */
    @Test
    void aNewLeadersEntriesCarryTheLogsTime() throws Exception {
        Alone world = new Alone();
        RaftThread raft = new RaftThread(
                "clock",
                new RaftCore(
                        RaftConfig.standard(1),
                        Restored.blank(Membership.of(List.of(new Member(1, "node1", true, "", "")))),
                        1,
                        Rules.STANDARD),
                world,
                100);
        world.raft = raft;
        try {
            raft.start();
            world.leads.await();
            long begun = System.nanoTime();
            raft.propose(new Write());
            Entry entry = world.proposed.take();
            long clock = RequestCodec.decode(entry.data()).clockMillis();
            long atMost = 5_000 + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun) + 60_000;
            assertTrue(clock >= 5_000 && clock <= atMost, "clock " + clock);
        } finally {
            raft.close();
        }
    }

    private record Write(byte[] data) implements PendingWrite {
        Write() {
            this(RequestCodec.encode(Request.of(null, new Op.Put(Key.of("k"), new byte[1], 0, false))));
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

    /** The only voter; its disk is as fast as memory, and its log is at 5 s. */
    private static final class Alone implements RaftThread.OutputHandler {
        private final CountDownLatch leads = new CountDownLatch(1);
        private final LinkedBlockingQueue<Entry> proposed = new LinkedBlockingQueue<>();
        private volatile RaftThread raft;

        @Override
        public void append(Output.Append append) {
            append.entries().stream()
                    .filter(entry -> entry.kind() == Entry.Kind.COMMAND)
                    .forEach(proposed::add);
            raft.durable(append.sequence());
        }

        @Override
        public void roleChanged(Output.RoleChange change) {
            if (change.role() == Role.LEADER) {
                leads.countDown();
            }
        }

        @Override
        public long appliedMillis() {
            return 5_000;
        }

        @Override
        public void send(Message.Envelope envelope) {}

        @Override
        public void load(Output.Load load) {}

        @Override
        public void committed(List<Entry> entries) {}

        @Override
        public void proposed(long firstIndex, long term, List<PendingWrite> writes) {}

        @Override
        public void readable(long index, List<PendingRead> reads) {}

        @Override
        public void leadershipLost() {}

        @Override
        public void membershipChanged(Membership latest, Membership committed) {}

        @Override
        public void snapshotWanted(long minIndex) {}

        @Override
        public void failed(Throwable cause) {}
    }
}
