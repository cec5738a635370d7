package io.raftgres.node.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.ServiceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
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
                } catch (ServiceException.Overloaded e) {
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
                } catch (ServiceException.Overloaded e) {
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

    @Test
    void hashesOfEtcdsAndOfFormerBuildsStayValid() {
        byte[] own = Passwords.hash("secret");
        assertTrue(Passwords.matches(own, "secret"));
        assertFalse(Passwords.matches(own, "Secret"));
        // Of the tests of Go's bcrypt, which etcd uses.
        String go = "$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga";
        byte[] given = Passwords.given(Base64.getEncoder().encodeToString(go.getBytes(StandardCharsets.US_ASCII)));
        assertTrue(Passwords.matches(given, "allmine"));
        assertFalse(Passwords.matches(given, "allmin"));
        // As a build before bcrypt has stored it: PBKDF2 of 1,000 rounds.
        byte[] former = HexFormat.of()
                .parseHex("01000003e8000102030405060708090a0b0c0d0e0f"
                        + "4efb2bbb6d2eb58ea8deaed54417ae2fd87fd50a8a8568709363da60d4560606");
        assertTrue(Passwords.matches(former, "secret"));
        assertFalse(Passwords.matches(former, ""));
    }

    @Test
    void whatIsNoHashMatchesNothing() {
        assertFalse(Passwords.matches(null, ""), "an unknown user");
        assertFalse(Passwords.matches(new byte[0], ""));
        assertFalse(Passwords.matches(new byte[] {1}, ""));
        assertFalse(Passwords.matches(new byte[] {9, 9}, ""));
        for (String none :
                new String[] {"", "$2a$10$short", "$2a$31$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga"}) {
            byte[] given =
                    Passwords.given(Base64.getEncoder().encodeToString(none.getBytes(StandardCharsets.US_ASCII)));
            assertFalse(Passwords.matches(given, ""), none);
        }
    }

    /** bcrypt ignores what comes after 72 bytes, so etcd accepts no longer password; neither does this node's API. */
    @Test
    void emptyPasswordsAndOnesOfEveryScriptWork() {
        for (String password : new String[] {"", "\u00E4\u00F6\u00FC \u4E2D\u6587", "x".repeat(Passwords.MAX_BYTES)}) {
            assertTrue(Passwords.matches(Passwords.hash(password), password));
        }
    }
}
