package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Context;
import io.raftgres.e2e.Await;
import io.raftgres.e2e.Cluster;
import io.raftgres.etcd.api.v3election.CampaignResponse;
import io.raftgres.etcd.api.v3election.LeaderKey;
import io.raftgres.etcd.api.v3election.LeaderResponse;
import io.raftgres.etcd.api.v3lock.LockResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** etcd's services for locks and elections: one at a time, in the order of asking, and the same on etcd and on us. */
class LocksAndElectionsIT {

    @TempDir
    Path folder;

    @Test
    void theyAreEtcds() throws Exception {
        try (RealEtcd etcd = RealEtcd.start(folder.resolve("etcd"));
                Cluster cluster = Cluster.start(folder.resolve("raftgres"), 1);
                Session theirs = new Session(etcd.endpoint());
                Session ours = new Session("127.0.0.1:" + cluster.etcdPort(1))) {
            locks(theirs);
            locks(ours);
            assertEquals(elections(theirs), elections(ours));
        }
    }

    private static void locks(Session session) throws Exception {
        long lease = session.lease();
        LockResponse first = get(session.lock("l", lease, Context.ROOT));
        assertEquals("l/" + Long.toHexString(lease), first.getKey().toStringUtf8());
        assertEquals(first.getKey(), get(session.lock("l", lease, Context.ROOT)).getKey(), "who has it, gets it again");
        CompletableFuture<LockResponse> second = session.lock("l", session.lease(), Context.ROOT);
        Await.until("the second to wait", Duration.ofSeconds(30), () -> session.keys("l") == 2);
        Context.CancellableContext impatient = Context.ROOT.withCancellation();
        CompletableFuture<LockResponse> third = session.lock("l", session.lease(), impatient);
        Await.until("the third to wait", Duration.ofSeconds(30), () -> session.keys("l") == 3);
        impatient.cancel(null);
        Await.until("the third to be forgotten", Duration.ofSeconds(30), () -> session.keys("l") == 2);
        assertTrue(third.isCompletedExceptionally() || !third.isDone());
        assertFalse(second.isDone());
        session.unlock(first.getKey());
        LockResponse next = get(second);
        CompletableFuture<LockResponse> last = session.lock("l", session.lease(), Context.ROOT);
        Await.until("another to wait", Duration.ofSeconds(30), () -> session.keys("l") == 2);
        session.revoke(Long.parseUnsignedLong(next.getKey().toStringUtf8().substring(2), 16));
        session.unlock(get(last).getKey());
        assertEquals(0, session.keys("l"));
    }

    private static <T> T get(CompletableFuture<T> answer) throws Exception {
        return answer.get(60, TimeUnit.SECONDS);
    }

    /** @return what was said */
    private static List<String> elections(Session session) throws Exception {
        List<String> said = new ArrayList<>();
        said.add(session.leader("e"));
        long lease = session.lease();
        CampaignResponse first = get(session.campaign("e", lease, "one"));
        Iterator<LeaderResponse> observed = session.observe("e");
        said.add("observed " + observed.next().getKv().getValue().toStringUtf8());
        CompletableFuture<CampaignResponse> second = session.campaign("e", session.lease(), "two");
        Await.until("the second to wait", Duration.ofSeconds(30), () -> session.keys("e") == 2);
        said.add(session.leader("e"));
        said.add(session.proclaim(first.getLeader(), "more"));
        said.add("observed " + observed.next().getKv().getValue().toStringUtf8());
        said.add(session.proclaim(first.getLeader().toBuilder().setRev(1).build(), "never"));
        get(session.campaign("e", lease, "again"));
        said.add("observed " + observed.next().getKv().getValue().toStringUtf8());
        said.add(session.resign(first.getLeader()));
        LeaderKey next = get(second).getLeader();
        said.add("observed " + observed.next().getKv().getValue().toStringUtf8());
        said.add(session.resign(LeaderKey.getDefaultInstance().toBuilder().setKey(next.getKey()).setRev(1).build()));
        said.add(session.leader("e"));
        said.add(session.resign(next));
        said.add(session.leader("e"));
        return said;
    }
}
