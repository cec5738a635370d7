package io.raftgres.bench.load;

import java.util.Arrays;

/**
 * One request and its outcome. Reused: valid only during {@link Workload#done}. All times are those of {@link
 * System#nanoTime}.
 */
public final class Exchange {

    /** Outcome of a request without a complete response. */
    public enum Failure {
        /** The connection broke; a write's outcome is unknown. */
        DISCONNECTED,
        /** No response in the plan's time; a write's outcome is unknown. */
        TIMEOUT,
        /** The response was not HTTP; a write's outcome is unknown. */
        GARBAGE
    }

    int kind;
    int status;
    Failure failure;
    int endpoint;
    long intendedNanos;
    long sentNanos;
    long endNanos;
    byte[] body = new byte[0];
    long bodyLength;

    /** @return the response's status, 0 when there was no whole response: see {@link #failure} */
    public int status() {
        return status;
    }

    /** @return null when there was a response */
    public Failure failure() {
        return failure;
    }

    /** @return a response of 2xx, or 404: a key that is not there is a good response, too */
    public boolean isGood() {
        return isGood(status);
    }

    static boolean isGood(int status) {
        return status / 100 == 2 || status == 404;
    }

    public int kind() {
        return kind;
    }

    /** @return number of the endpoint in the plan */
    public int endpoint() {
        return endpoint;
    }

    /** Time at which it should have been sent; in a closed loop, at which it was sent. */
    public long intendedNanos() {
        return intendedNanos;
    }

    public long sentNanos() {
        return sentNanos;
    }

    public long endNanos() {
        return endNanos;
    }

    /** @return a copy of the body's first bytes, {@value ResponseParser#BODY_KEPT} at most */
    public byte[] bodyStart() {
        return Arrays.copyOf(body, (int) Math.min(bodyLength, body.length));
    }

    public long bodyLength() {
        return bodyLength;
    }
}
