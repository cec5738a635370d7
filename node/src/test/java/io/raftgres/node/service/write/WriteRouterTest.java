package io.raftgres.node.service.write;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.util.HashedWheelTimer;
import io.raftgres.node.consensus.PendingRead;
import io.raftgres.node.consensus.PendingWrite;
import io.raftgres.node.consensus.RaftThread;
import io.raftgres.node.kv.Acceptance;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.memory.MemoryAccount;
import io.raftgres.raft.Entry;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Message;
import io.raftgres.raft.Output;
import io.raftgres.raft.RaftConfig;
import io.raftgres.raft.RaftCore;
import io.raftgres.raft.Restored;
import io.raftgres.raft.Rules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Writes on a node without a leader: each ends at its deadline, as not done, and leaves nothing behind. */
@Timeout(60)
class WriteRouterTest {

    private final HashedWheelTimer timer = new HashedWheelTimer(1, TimeUnit.MILLISECONDS);
    private final RaftThread raft = new RaftThread(
            "test",
            new RaftCore(
                    RaftConfig.standard(1),
                    Restored.blank(Membership.of(LongStream.rangeClosed(1, 3)
                            .mapToObj(id -> new Member(id, "node" + id, true, "", ""))
                            .toList())),
                    1,
                    Rules.STANDARD),
            new Silence(),
            100);
    private final WriteRouter router = new WriteRouter(
            raft,
            null,
            timer,
            new WriteRouter.WriteLimits(100, new MemoryAccount(1 << 20)),
            new Acceptance(8 << 10, 1 << 20, () -> AuthState.EMPTY),
            () -> false);

    /** A cluster in which no member responds. */
    private static final class Silence implements RaftThread.OutputHandler {
        @Override
        public void send(Message.Envelope envelope) {}

        @Override
        public void append(Output.Append append) {}

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
        public void roleChanged(Output.RoleChange change) {}

        @Override
        public void membershipChanged(Membership latest, Membership committed) {}

        @Override
        public void snapshotWanted(long minIndex) {}

        @Override
        public long appliedMillis() {
            return 0;
        }

        @Override
        public void failed(Throwable cause) {}
    }

    @AfterEach
    void stop() {
        raft.close();
        timer.stop();
    }

    private CompletionStage<ApplyResult> write() {
        return write(Duration.ofMillis(20));
    }

    private CompletionStage<ApplyResult> write(Duration timeout) {
        return router.write(Request.of(null, new Op.Put(Key.of("k"), new byte[100], 0, false)), timeout);
    }

    @Test
    void writeWithoutALeaderEndsAsNotDoneAndIsForgotten() {
        raft.start();
        for (int round = 0; round < 20; round++) {
            List<CompletionStage<ApplyResult>> writes = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                writes.add(write());
            }
            for (CompletionStage<ApplyResult> each : writes) {
                CompletionException why = assertThrows(
                        CompletionException.class,
                        () -> each.toCompletableFuture().join());
                assertInstanceOf(ServiceException.Unavailable.class, why.getCause());
            }
            assertEquals(0, router.inFlight());
            while (router.leaderless() > 0) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void writesAboveTheBoundAreRefusedAtOnce() {
        List<CompletionStage<ApplyResult>> writes = new ArrayList<>();
        // Long enough that none ends before the last is refused, however busy the machine is.
        for (int i = 0; i < 100; i++) {
            writes.add(write(Duration.ofSeconds(3)));
        }
        CompletionException why = assertThrows(
                CompletionException.class, () -> write().toCompletableFuture().join());
        assertInstanceOf(ServiceException.Overloaded.class, why.getCause());
        assertEquals(1, router.refused());
        writes.forEach(each -> assertThrows(
                CompletionException.class, () -> each.toCompletableFuture().join()));
    }
}
