package io.raftgres.bench.suite;

import io.raftgres.bench.load.Endpoint;
import io.raftgres.bench.load.Exchange;
import io.raftgres.bench.load.Workload;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Writes and linearizable reads with books kept of both. Even clients write, odd ones read. Each key has one writer,
 * which counts up in the value and writes one at a time; so a read must see a number no smaller than the last one
 * acknowledged, or seen by a read that had ended, before it began, and no larger than the last one tried. A writer that
 * does not know what became of a write leaves its key, because that write may yet take place.
 *
 * <p>Used by one generator after another; {@link #lastAckNanos} may be read by any thread, the rest when none runs.
 */
final class Ledger implements Workload {

    static final int VALUE_BYTES = 256;
    private static final int WRITES_PER_KEY = 4;
    private static final int KEY_BYTES_MAX = 40;
    private static final int COMPLAINTS_MAX = 20;
    private static final int SEQUENCE_DIGITS = 10;

    /** A key with its writer's numbers. */
    static final class Entry {
        final String key;
        long attempted;
        long acknowledged;
        long seen;

        Entry(String key) {
            this.key = key;
        }

        /** @return smallest number that a read which begins now may see; 0: the key may be absent */
        long floor() {
            return Math.max(acknowledged, seen);
        }
    }

    private final String run;
    private final SplittableRandom random;
    private final Entry[] writing;
    private final Entry[] reading;
    private final long[] readFloor;
    private final List<Entry> entries = new ArrayList<>();
    private final List<Entry> readable = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();
    private long[] acks = new long[1024];
    private int ackCount;
    private long acknowledgedWrites;
    private long checkedReads;
    private long staleReads;
    private long longestWaitNanos;
    private volatile long lastAckNanos;

    /** @param run part of every key, so that runs on one cluster use different keys; letters and digits */
    Ledger(String run, int clients, long seed) {
        this.run = run;
        random = new SplittableRandom(seed);
        writing = new Entry[clients];
        reading = new Entry[clients];
        readFloor = new long[clients];
    }

    @Override
    public List<String> kinds() {
        return List.of("put", "get");
    }

    @Override
    public int requestBytesMax() {
        return VALUE_BYTES + 512;
    }

    @Override
    public int next(int client, Endpoint endpoint, ByteBuffer out) {
        if (client % 2 == 1 && !readable.isEmpty()) {
            // Mostly the key that was written last: a stale read shows there.
            int recent = Math.min(readable.size(), writing.length * 2);
            Entry entry = readable.get(readable.size() - 1 - random.nextInt(recent));
            reading[client] = entry;
            readFloor[client] = entry.floor();
            get(entry.key, false, endpoint, out);
            return 1;
        }
        Entry entry = writing[client];
        if (entry == null || entry.attempted >= WRITES_PER_KEY) {
            entry = new Entry("ledger-" + run + "-" + entries.size());
            entries.add(entry);
            writing[client] = entry;
        }
        entry.attempted++;
        put(entry.key, value(entry.key, entry.attempted), endpoint, out);
        return 0;
    }

    @Override
    public void done(int client, Exchange exchange) {
        longestWaitNanos = Math.max(longestWaitNanos, exchange.endNanos() - exchange.intendedNanos());
        if (exchange.kind() == 0) {
            written(client, exchange);
        } else {
            read(client, exchange);
        }
    }

    private void written(int client, Exchange exchange) {
        Entry entry = writing[client];
        if (exchange.status() / 100 == 2) {
            if (entry.acknowledged == 0) {
                readable.add(entry);
            }
            entry.acknowledged = entry.attempted;
            acknowledgedWrites++;
            if (ackCount == acks.length) {
                acks = Arrays.copyOf(acks, acks.length * 2);
            }
            acks[ackCount++] = exchange.endNanos();
            lastAckNanos = exchange.endNanos();
        } else if (!isRefused(exchange.status())) {
            writing[client] = null;
        }
    }

    /** @return whether the status means that nothing was done */
    private static boolean isRefused(int status) {
        return status == 503 || status / 100 == 4;
    }

    private void read(int client, Exchange exchange) {
        Entry entry = reading[client];
        if (exchange.failure() != null || !exchange.isGood()) {
            return;
        }
        checkedReads++;
        long number = exchange.status() == 404 ? 0 : number(entry.key, exchange.bodyStart());
        if (number < readFloor[client] || number > entry.attempted) {
            staleReads++;
            if (complaints.size() < COMPLAINTS_MAX) {
                complaints.add("a read of " + entry.key + " saw " + number + ", not " + readFloor[client] + " to "
                        + entry.attempted);
            }
        }
        entry.seen = Math.max(entry.seen, number);
    }

    static void put(String key, byte[] value, Endpoint endpoint, ByteBuffer out) {
        String head = "PUT /v1/kv/" + key + " HTTP/1.1\r\nHost: " + endpoint
                + "\r\nContent-Type: application/octet-stream\r\nContent-Length: " + value.length + "\r\n\r\n";
        out.put(head.getBytes(StandardCharsets.US_ASCII)).put(value);
    }

    static void get(String key, boolean local, Endpoint endpoint, ByteBuffer out) {
        String head = "GET /v1/kv/" + key + (local ? "?consistency=local" : "") + " HTTP/1.1\r\nHost: " + endpoint
                + "\r\n\r\n";
        out.put(head.getBytes(StandardCharsets.US_ASCII));
    }

    /** The value: the number, the key, and dots up to the full size. */
    static byte[] value(String key, long number) {
        if (key.length() > KEY_BYTES_MAX) {
            throw new IllegalArgumentException("key too long: " + key);
        }
        String start = String.format("%0" + SEQUENCE_DIGITS + "d %s ", number, key);
        return (start + ".".repeat(VALUE_BYTES - start.length())).getBytes(StandardCharsets.US_ASCII);
    }

    /** @return the number in a value of this key; -1 when it is not such a value */
    static long number(String key, byte[] value) {
        String text = new String(value, StandardCharsets.ISO_8859_1);
        if (text.length() != VALUE_BYTES || !text.startsWith(" " + key + " ", SEQUENCE_DIGITS)) {
            return -1;
        }
        String digits = text.substring(0, SEQUENCE_DIGITS);
        return digits.chars().allMatch(Character::isDigit) ? Long.parseLong(digits) : -1;
    }

    List<Entry> entries() {
        return Collections.unmodifiableList(entries);
    }

    /** @return times at which writes were acknowledged, in order, since the last call */
    long[] takeAcks() {
        long[] taken = Arrays.copyOf(acks, ackCount);
        ackCount = 0;
        return taken;
    }

    /** @return longest time that a request took, since the last call */
    long takeLongestWaitNanos() {
        long longest = longestWaitNanos;
        longestWaitNanos = 0;
        return longest;
    }

    long lastAckNanos() {
        return lastAckNanos;
    }

    long acknowledgedWrites() {
        return acknowledgedWrites;
    }

    long checkedReads() {
        return checkedReads;
    }

    long staleReads() {
        return staleReads;
    }

    List<String> complaints() {
        return Collections.unmodifiableList(complaints);
    }
}
