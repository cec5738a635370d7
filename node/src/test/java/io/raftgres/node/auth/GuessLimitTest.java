package io.raftgres.node.auth;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.ServiceException;
import java.net.InetAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Guessing a password becomes slow for the one who guesses, and for no other. */
class GuessLimitTest {

    private long nanos = -5;
    private final GuessLimit limit = new GuessLimit(() -> nanos);

    private static InetAddress address(String text) throws Exception {
        return InetAddress.getByName(text);
    }

    private void fail(String user, InetAddress from, int times) {
        for (int i = 0; i < times; i++) {
            limit.failed(user, from);
        }
    }

    private void wait(int seconds, String user, InetAddress from) {
        nanos += TimeUnit.SECONDS.toNanos(seconds) - 1;
        ServiceException.Overloaded why =
                assertThrows(ServiceException.Overloaded.class, () -> limit.require(user, from));
        assertTrue(why.retryAfterMillis() >= 1);
        nanos++;
        assertDoesNotThrow(() -> limit.require(user, from));
    }

    @Test
    void afterFiveFailuresEachWaitIsLonger() throws Exception {
        InetAddress from = address("10.0.0.1");
        fail("u", from, 4);
        limit.require("u", from);
        limit.failed("u", from);
        for (int seconds : new int[] {1, 2, 4, 8, 16, 32, 60, 60}) {
            wait(seconds, "u", from);
            limit.failed("u", from);
        }
        limit.require("other", from);
        limit.require("u", address("10.0.0.2"));
        limit.succeeded("u", from);
        limit.require("u", from);
    }

    @Test
    void aNetworkOfIpv6IsOneAddress() throws Exception {
        fail("u", address("2001:db8::1"), 5);
        assertThrows(ServiceException.Overloaded.class, () -> limit.require("u", address("2001:db8:0:0:ffff::2")));
        limit.require("u", address("2001:db8:0:1::1"));
        limit.require("u", null);
    }

    @Test
    void failuresAreForgotten() throws Exception {
        InetAddress from = address("10.0.0.1");
        fail("u", from, 20);
        nanos += TimeUnit.MINUTES.toNanos(15);
        limit.require("u", from);
        fail("u", from, 4);
        limit.require("u", from);
    }

    @Test
    void theMemoryIsBounded() throws Exception {
        fail("first", null, 5);
        for (int i = 0; i < GuessLimit.MAX_REMEMBERED; i++) {
            limit.failed("u" + i, null);
        }
        limit.require("first", null);
    }
}
