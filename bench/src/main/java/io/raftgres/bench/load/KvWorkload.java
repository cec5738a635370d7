package io.raftgres.bench.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Puts and gets random keys of a fixed set. Keys are eight hexadecimal digits; values are random bytes of one size. */
public final class KvWorkload implements Workload {

    public static final int VALUE_BYTES_MAX = 1_500_000;
    private static final int KEY_DIGITS = 8;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    /** @param gets share of gets among all requests, 0 to 1 */
    public record Mix(double gets, boolean local) {
        public static final Mix PUTS = new Mix(0, false);
        public static final Mix LINEARIZABLE_GETS = new Mix(1, false);
        public static final Mix LOCAL_GETS = new Mix(1, true);
        public static final Mix HALF = new Mix(0.5, false);

        public Mix {
            if (!(gets >= 0 && gets <= 1)) {
                throw new IllegalArgumentException("the share of gets must be 0 to 1, not " + gets);
            }
        }
    }

    private record Templates(byte[] putHead, byte[] putTail, byte[] getHead, byte[] getTail) {}

    private final Mix mix;
    private final int keys;
    private final int valueBytes;
    private final boolean inOrder;
    private final SplittableRandom random;
    private final byte[] noise;
    private final byte[] digits = new byte[KEY_DIGITS];
    private final Map<Endpoint, Templates> templates = new HashMap<>();
    private final List<String> kinds;
    private int next;

    /** @param keys number of different keys */
    public KvWorkload(Mix mix, int keys, int valueBytes, long seed) {
        this(mix, keys, valueBytes, seed, false);
    }

    private KvWorkload(Mix mix, int keys, int valueBytes, long seed, boolean inOrder) {
        if (keys < 1) {
            throw new IllegalArgumentException("keys must be 1 or more, not " + keys);
        }
        if (valueBytes < 0 || valueBytes > VALUE_BYTES_MAX) {
            throw new IllegalArgumentException("value bytes must be 0 to " + VALUE_BYTES_MAX + ", not " + valueBytes);
        }
        this.mix = mix;
        this.keys = keys;
        this.valueBytes = valueBytes;
        this.inOrder = inOrder;
        random = new SplittableRandom(seed);
        noise = new byte[valueBytes + 64 * 1024];
        random.nextBytes(noise);
        kinds = mix.gets() == 0 ? List.of("put") : mix.gets() == 1 ? List.of("get") : List.of("put", "get");
    }

    /** Puts every key once, if the number of requests is the number of keys. */
    public static KvWorkload fill(int keys, int valueBytes, long seed) {
        return new KvWorkload(Mix.PUTS, keys, valueBytes, seed, true);
    }

    @Override
    public List<String> kinds() {
        return kinds;
    }

    @Override
    public int requestBytesMax() {
        return valueBytes + 1024;
    }

    @Override
    public int next(int client, Endpoint endpoint, ByteBuffer out) {
        Templates bytes = templates.computeIfAbsent(endpoint, this::encode);
        boolean get = mix.gets() == 1 || (mix.gets() > 0 && random.nextDouble() < mix.gets());
        int key = inOrder ? next++ % keys : random.nextInt(keys);
        writeDigits(key);
        if (get) {
            out.put(bytes.getHead).put(digits).put(bytes.getTail);
            return kinds.size() - 1;
        }
        out.put(bytes.putHead).put(digits).put(bytes.putTail);
        out.put(noise, random.nextInt(64 * 1024), valueBytes);
        return 0;
    }

    /** The n-th key. An odd multiplier scatters keys over the key space, and maps no two numbers to one. */
    private void writeDigits(int number) {
        int scattered = number * 0x9E3779B1;
        for (int i = 0; i < KEY_DIGITS; i++) {
            digits[i] = HEX[scattered >>> (28 - 4 * i) & 0xF];
        }
    }

    private Templates encode(Endpoint endpoint) {
        String host = " HTTP/1.1\r\nHost: " + endpoint + "\r\n";
        String get = (mix.local() ? "?consistency=local" : "") + host + "\r\n";
        String put = host + "Content-Type: application/octet-stream\r\nContent-Length: " + valueBytes + "\r\n\r\n";
        return new Templates(ascii("PUT /v1/kv/"), ascii(put), ascii("GET /v1/kv/"), ascii(get));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
