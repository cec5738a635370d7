package io.raftgres.node.auth;

import io.raftgres.node.kv.ServiceException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Slows the guessing of passwords: after five failures for one user from one address, the next attempt must wait 1 s,
 * then 2, up to 60 s. Other addresses may still log in as that user, so nobody is locked out. A success, or 15 minutes
 * without a failure, forgets the failures. Thread-safe; a bounded number of addresses is remembered.
 */
public final class GuessLimit {

    private static final int FREE_FAILURES = 5;
    private static final long MAX_WAIT_SECONDS = 60;
    private static final long FORGOTTEN_NANOS = TimeUnit.MINUTES.toNanos(15);
    static final int MAX_REMEMBERED = 10_000;
    private static final int NETWORK_BYTES = 8;

    private record Origin(String user, String address) {}

    private record Failures(int count, long lastNanos) {
        long waitNanos() {
            int doublings = Math.min(count - FREE_FAILURES, Long.SIZE - 2);
            return count < FREE_FAILURES
                    ? 0
                    : TimeUnit.SECONDS.toNanos(Math.min(MAX_WAIT_SECONDS, 1L << Math.min(doublings, 6)));
        }
    }

    private final LongSupplier nanos;
    private final Map<Origin, Failures> failures = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Origin, Failures> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    /** @param nanos the time, as System.nanoTime */
    public GuessLimit(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /**
     * Call this before the password is checked.
     *
     * @param from address of the client; null: unknown
     * @throws ServiceException.Overloaded it must wait
     */
    public synchronized void require(String user, InetAddress from) {
        Origin origin = origin(user, from);
        Failures known = failures.get(origin);
        if (known == null) {
            return;
        }
        long passed = nanos.getAsLong() - known.lastNanos();
        if (passed >= FORGOTTEN_NANOS) {
            failures.remove(origin);
        } else if (passed < known.waitNanos()) {
            long leftMillis = TimeUnit.NANOSECONDS.toMillis(known.waitNanos() - passed) + 1;
            throw new ServiceException.Overloaded(
                    "the password of user " + user + " was wrong " + known.count()
                            + " times from this address: try again in " + Math.ceilDiv(leftMillis, 1_000L) + " s",
                    leftMillis);
        }
    }

    public synchronized void failed(String user, InetAddress from) {
        failures.merge(
                origin(user, from),
                new Failures(1, nanos.getAsLong()),
                (known, one) -> new Failures(known.count() + 1, one.lastNanos()));
    }

    public synchronized void succeeded(String user, InetAddress from) {
        failures.remove(origin(user, from));
    }

    /** A client with IPv6 has a whole network of addresses. */
    private static Origin origin(String user, InetAddress from) {
        if (from == null) {
            return new Origin(user, "");
        }
        byte[] address = from.getAddress();
        return new Origin(
                user,
                HexFormat.of()
                        .formatHex(from instanceof Inet6Address ? Arrays.copyOf(address, NETWORK_BYTES) : address));
    }
}
