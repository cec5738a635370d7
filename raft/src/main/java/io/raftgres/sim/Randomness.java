package io.raftgres.sim;

/**
 * A stream of random numbers (splitmix64). Each concern of a simulation has its own stream, so that more draws for one
 * concern do not change the others.
 */
final class Randomness {

    enum Concern {
        SCENARIO,
        NETWORK,
        DISK,
        CLOCK,
        STORE,
        CLIENTS,
        FAULTS,
        MEMBERSHIP,
        CORE,
        UPKEEP,
        HEALING,
        IDENTITY
    }

    private long state;

    Randomness(long seed, Concern concern) {
        state = mix(seed + 0x9E3779B97F4A7C15L * (concern.ordinal() + 1));
    }

    static long mix(long value) {
        long z = value;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    long next() {
        state += 0x9E3779B97F4A7C15L;
        return mix(state);
    }

    /** @return 0 to {@code bound - 1} */
    int below(int bound) {
        return (int) ((next() >>> 33) % bound);
    }

    /** @return {@code low} to {@code high}, both included */
    long between(long low, long high) {
        return low + (next() >>> 1) % (high - low + 1);
    }

    double unit() {
        return (next() >>> 11) * 0x1.0p-53;
    }

    boolean chance(double probability) {
        return unit() < probability;
    }

    /** @return an exponentially distributed time, at least 1 */
    long exponential(double mean) {
        return Math.max(1, (long) (-mean * Math.log(1 - unit())));
    }
}
