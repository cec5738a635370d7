package io.raftgres.node.etcd.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hashing takes processor time: a client that sends many passwords at once is told to try later. */
@Timeout(120)
class PasswordsTest {

    @Test
    void fewWorkSomeWaitAndTheOthersAreRefused() throws Exception {
        Places places = new Places(2, 3);
        AtomicInteger working = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch refusals = new CountDownLatch(5);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    places.run(() -> {
                        most.accumulateAndGet(working.incrementAndGet(), Math::max);
                        await(go);
                        return working.decrementAndGet();
                    });
                } catch (StatusRuntimeException e) {
                    assertEquals(Status.Code.RESOURCE_EXHAUSTED, e.getStatus().getCode());
                    assertEquals("etcdserver: too many requests", e.getStatus().getDescription());
                    refused.incrementAndGet();
                    refusals.countDown();
                }
            }));
        }
        refusals.await();
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(5, refused.get());
        assertEquals(2, most.get());
        assertEquals(7, places.run(() -> 7), "all places are free again");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** More at once than may be hashed and wait. */
    @Test
    void aFloodOfPasswordsIsRefused() throws Exception {
        int count = 2 * (Passwords.WORKING + Passwords.WAITING);
        AtomicInteger done = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        CountDownLatch go = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                await(go);
                try {
                    Passwords.hash("secret");
                    done.incrementAndGet();
                } catch (StatusRuntimeException e) {
                    refused.incrementAndGet();
                }
            }));
        }
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(count, done.get() + refused.get());
        assertTrue(refused.get() > 0, "none of " + count + " was refused");
        assertTrue(done.get() >= Passwords.WORKING + Passwords.WAITING, done + " were done");
    }
}
