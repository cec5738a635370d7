package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * etcd's services for locks and elections: one owner at a time, in the order of the requests. etcd and Raftgres behave
 * the same.
 */
class LocksAndElectionsIT {

    @TempDir
    Path directory;

    @Test
    void locksAndElectionsBehaveAsEtcds() throws Exception {
        try (RealEtcd etcd = RealEtcd.start(directory.resolve("etcd"));
                Cluster cluster = Cluster.start(directory.resolve("raftgres"), 1);
                Session theirs = new Session(etcd.endpoint());
                Session ours = new Session("127.0.0.1:" + cluster.etcdPort(1))) {
            locks(theirs);
            locks(ours);
            assertEquals(elections(theirs), elections(ours));
            claimsExpire(theirs, ours);
        }
    }

    private static void locks(Session session) throws Exception {
        long lease = session.lease();
        LockResponse first = get(session.lock("l", lease, Context.ROOT));
        assertEquals("l/" + Long.toHexString(lease), first.getKey().toStringUtf8());
        assertEquals(first.getKey(), get(session.lock("l", lease, Context.ROOT)).getKey(), "who has it, gets it again");
        assertEquals("n/-1", get(session.lock("n", session.lease(-1))).getKey().toStringUtf8());
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

    private static void claimsExpire(Session theirs, Session ours) throws Exception {
        String expired = "UNKNOWN: mutex: session is expired";
        assertEquals(expired, expiredWhileWaiting(theirs, theirs::lock, false));
        assertEquals(expired, expiredWhileWaiting(ours, ours::lock, false));
        assertEquals(expired, expiredWhileWaiting(ours, ours::lock, true));
        // etcd does not check, and reports leadership under a key that no longer exists.
        assertEquals("got it", expiredWhileWaiting(theirs, (name, lease) -> theirs.campaign(name, lease, "v"), false));
        for (boolean claimedAgain : new boolean[] {false, true}) {
            assertEquals(
                    "UNKNOWN: election: session is expired",
                    expiredWhileWaiting(ours, (name, lease) -> ours.campaign(name, lease, "v"), claimedAgain));
        }
    }

    private interface Claiming {
        CompletableFuture<?> claim(String name, long lease);
    }

    /**
     * The second client waits, its lease ends, and then the first one releases the lock.
     *
     * @param claimedAgain whether the lock is claimed again under a lease of the same id, which is not the claim that
     *     waited
     * @return the response to the second client
     */
    private static String expiredWhileWaiting(Session session, Claiming claiming, boolean claimedAgain)
            throws Exception {
        long first = session.lease();
        get(claiming.claim("x", first));
        long second = session.lease();
        CompletableFuture<?> waits = claiming.claim("x", second);
        Await.until("the second to wait", Duration.ofSeconds(30), () -> session.keys("x") == 2);
        session.revoke(second);
        CompletableFuture<?> again = null;
        if (claimedAgain) {
            assertEquals(second, session.lease(second));
            again = claiming.claim("x", second);
            Await.until("another to wait", Duration.ofSeconds(30), () -> session.keys("x") == 2);
        }
        session.revoke(first);
        String reported = reported(waits);
        if (claimedAgain) {
            get(again);
            session.revoke(second);
        }
        return reported;
    }

    private static String reported(CompletableFuture<?> claim) throws Exception {
        try {
            get(claim);
            return "got it";
        } catch (ExecutionException e) {
            StatusRuntimeException why = (StatusRuntimeException) e.getCause();
            return why.getStatus().getCode() + ": " + why.getStatus().getDescription();
        }
    }

    private static <T> T get(CompletableFuture<T> response) throws Exception {
        return response.get(60, TimeUnit.SECONDS);
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
        said.add(session.resign(LeaderKey.getDefaultInstance().toBuilder()
                .setKey(next.getKey())
                .setRev(1)
                .build()));
        said.add(session.leader("e"));
        said.add(session.resign(next));
        said.add(session.leader("e"));
        return said;
    }
}
