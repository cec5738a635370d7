package io.raftgres.e2e.extremes;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/**
 * Random values of a field: mostly values that reach far into the system, often values at, below or above a limit.
 * Owned by one thread.
 */
final class Values {

    private static final long[] NUMBERS = {
        0,
        0,
        0,
        1,
        1,
        2,
        3,
        4,
        5,
        10,
        -1,
        -2,
        127,
        128,
        129,
        1_000,
        1_001,
        100_000,
        100_001,
        1_000_000,
        9_000_000_000L,
        9_000_000_001L,
        (1L << 31) - 1,
        1L << 31,
        -(1L << 31),
        -(1L << 31) - 1,
        1L << 32,
        1L << 53,
        Long.MAX_VALUE - 1,
        Long.MAX_VALUE,
        Long.MAX_VALUE,
        Long.MAX_VALUE,
        Long.MIN_VALUE
    };

    private static final int MAX_KEY = 8 << 10;
    private static final int MAX_VALUE = 1536 << 10;
    private static final int[] KEY_BYTES = {
        1, 2, 1_023, 1_024, 1_025, 2_047, 2_048, 2_049, MAX_KEY - 1, MAX_KEY, MAX_KEY + 1, MAX_KEY + 2, MAX_KEY + 3
    };
    private static final int[] VALUE_BYTES = {0, 1, 1_000, 64 << 10};
    private static final int[] LARGE_VALUE_BYTES = {
        MAX_VALUE - (16 << 10), MAX_VALUE - 1, MAX_VALUE, MAX_VALUE + 1, 2 << 20, 3 << 20
    };
    private static final int[] TEXT_BYTES = {253, 254, 300, 1_023, 1_024, 1_025, 2_704, 8 << 10, 64 << 10};
    private static final int[] COUNTS = {127, 128, 129, 200};

    /** Addresses without a member, and invalid addresses. */
    private static final String[] ADDRESSES = {
        "127.0.0.1:1",
        "127.0.0.1:2",
        "localhost:3",
        "[::1]:4",
        "127.0.0.1:65535",
        "127.0.0.1:65536",
        "127.0.0.1:0",
        "127.0.0.1:-1",
        "127.0.0.1",
        ":5",
        "127.0.0.1:",
        "127.0.0.1:6\0",
        "127.0.0.1\0:7",
        "\0:8",
        "^:9",
        "a b:10",
        "127.0.0.1:99999999999",
        "\uD800:11",
        "\u00fc:12",
        "x@127.0.0.1:13",
        "127.0.0.1:14/",
        "[::1:15",
        "::1:16",
        "127.0.0.1:17?",
        "127.0.0.1:18#",
        "[fe80::1%lo]:19"
    };

    private static final String[] SCHEMES = {
        "http://", "http://", "http://", "https://", "ftp://", "", "http:", "HTTP://"
    };

    private final Random random;

    Values(Random random) {
        this.random = random;
    }

    boolean chance(double of) {
        return random.nextDouble() < of;
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    @SafeVarargs
    final <T> T oneOf(T... of) {
        return of[random.nextInt(of.length)];
    }

    private int oneOf(int[] of) {
        return of[random.nextInt(of.length)];
    }

    long number() {
        return NUMBERS[random.nextInt(NUMBERS.length)];
    }

    /** A number of elements, for fields that may have many. */
    int count() {
        return chance(0.01) ? oneOf(COUNTS) : chance(0.2) ? 0 : 1 + random.nextInt(3);
    }

    /** One of a few keys, so that requests affect each other; or an extreme key. */
    byte[] key() {
        if (chance(0.92)) {
            return new byte[] {(byte) ('a' + random.nextInt(10))};
        }
        return switch (random.nextInt(6)) {
            case 0 -> new byte[0];
            case 1 -> new byte[] {0};
            case 2 -> new byte[] {(byte) 0xFF};
            case 3 -> filled(oneOf(KEY_BYTES), 0xFF);
            case 4 -> randomBytes(oneOf(KEY_BYTES));
            default -> new byte[] {'a', 0, (byte) 0xC3, (byte) 0x28};
        };
    }

    byte[] value() {
        return chance(0.001)
                ? filled(oneOf(LARGE_VALUE_BYTES), random.nextInt(256))
                : chance(0.05) ? randomBytes(oneOf(VALUE_BYTES)) : randomBytes(random.nextInt(20));
    }

    private static byte[] filled(int bytes, int with) {
        byte[] filled = new byte[bytes];
        Arrays.fill(filled, (byte) with);
        return filled;
    }

    private byte[] randomBytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** One of a few names, or any other text. */
    String name() {
        if (chance(0.7)) {
            return oneOf("u", "v", "w", "root");
        }
        return text();
    }

    private String text() {
        return switch (random.nextInt(8)) {
            case 0 -> "";
            case 1 -> "\0";
            case 2 -> "a\0b";
            case 3 -> "\u00fc\uD83D\uDE00";
            case 4 -> "x".repeat(oneOf(TEXT_BYTES));
            case 5 -> "\uFFFD".repeat(oneOf(TEXT_BYTES) / 3);
            default -> unlike(oneOf(TEXT_BYTES));
        };
    }

    /** Text that does not become shorter by compression. */
    private String unlike(int bytes) {
        byte[] text = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            text[i] = (byte) ('!' + random.nextInt(94));
        }
        return new String(text, StandardCharsets.US_ASCII);
    }

    /** The id of a member that is not in the cluster. */
    String memberName() {
        return chance(0.8) ? "far" + random.nextInt(40) : text();
    }

    String peerAddress() {
        return chance(0.5) ? "127.0.0.1:" + (1 + random.nextInt(40)) : chance(0.05) ? text() : oneOf(ADDRESSES);
    }

    String url() {
        return chance(0.03) ? text() : (chance(0.6) ? "http://" : oneOf(SCHEMES)) + peerAddress();
    }
}
