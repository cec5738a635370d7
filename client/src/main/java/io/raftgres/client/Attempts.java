package io.raftgres.client;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Repeats an operation until it has a response or its time is over.
 *
 * <p>A read is always safe to repeat. A write is safe to repeat when the node reported that it was not done (503, 429)
 * or could not be reached. It is also safe when its outcome is unknown (504, a broken connection): all attempts carry
 * the same idempotency key, and the cluster applies a key once. Once an attempt's outcome is unknown, only a response
 * that reports the outcome of the key itself settles it; a refusal of a later attempt does not. A change of the cluster
 * itself has no such key. It is repeated only when it was certainly not done, and an attempt without a response ends it
 * as unknown.
 */
final class Attempts {

    /** An attempt with less time does not begin: if it were cut off, its outcome would be unknown. */
    private static final Duration SHORTEST_ATTEMPT = Duration.ofMillis(250);

    private static final long BACKOFF_FIRST_MILLIS = 20;
    private static final long BACKOFF_MOST_MILLIS = 500;
    /** The longest timeout that a node accepts. */
    private static final long MOST_NODE_MILLIS = 60_000;

    private static final int ERROR_BODY_BYTES = 64 << 10;

    /** Sends one attempt and reads the body of its response. */
    interface Sender<T> {
        HttpResponse<T> send(HttpRequest.Builder request, Duration timeout) throws IOException, InterruptedException;

        byte[] errorBody(T body, int limit) throws IOException;
    }

    private final ObjectMapper json;
    private final Endpoints endpoints;
    private final LeaderFinder leaders;

    Attempts(ObjectMapper json, Endpoints endpoints, LeaderFinder leaders) {
        this.json = json;
        this.endpoints = endpoints;
        this.leaders = leaders;
    }

    /**
     * @return a response whose status is a result of the call: 2xx, and 404 or 412 except for changes of the cluster
     */
    <T> HttpResponse<T> run(Call call, Duration timeout, Sender<T> sender) {
        return new Run<>(call, timeout, sender).run();
    }

    private final class Run<T> {
        private final Call call;
        private final Duration timeout;
        private final Sender<T> sender;
        private final long begunNanos;
        private final long deadline;
        private final Duration attemptTimeout;
        private int attempts;
        private boolean maybeDone;
        private String lastFailure = "no attempt was made";
        private Throwable lastCause;

        Run(Call call, Duration timeout, Sender<T> sender) {
            this.call = call;
            this.timeout = timeout;
            this.sender = sender;
            this.begunNanos = System.nanoTime();
            this.deadline = begunNanos + timeout.toNanos();
            // A node that hangs must leave time to ask another node, if the call may be repeated.
            Duration share = call.repeatable() ? timeout.multipliedBy(2).dividedBy(5) : timeout;
            this.attemptTimeout = share.compareTo(SHORTEST_ATTEMPT) < 0 ? SHORTEST_ATTEMPT : share;
        }

        HttpResponse<T> run() {
            try {
                while (true) {
                    Duration left = left();
                    if (left.isNegative() || left.isZero()) {
                        throw timeUp();
                    }
                    HttpResponse<T> response = attempt(left);
                    if (response != null) {
                        return response;
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                lastFailure = "the caller was interrupted";
                lastCause = e;
                throw call.changes() && attempts > 0
                        ? new RaftgresException.OutcomeUnknown(
                                "The " + noun() + " was interrupted, and may have been done.", e)
                        : new RaftgresException.NotDone("The request was interrupted.", e);
            }
        }

        private Duration left() {
            return Duration.ofNanos(deadline - System.nanoTime());
        }

        /** @return null if the operation must be tried again */
        private HttpResponse<T> attempt(Duration left) throws InterruptedException {
            boolean toLeader = call.changes() && leaders.wanted();
            if (toLeader && endpoints.leader() == null) {
                leaders.find();
            }
            URI endpoint = endpoints.choose(toLeader);
            Duration most = left.compareTo(attemptTimeout) < 0 ? left : attemptTimeout;
            attempts++;
            try {
                HttpResponse<T> response = sender.send(request(endpoint, most), most);
                int status = response.statusCode();
                if (call.isResult(status)) {
                    return response;
                }
                Problem problem = Problem.parse(json, status, sender.errorBody(response.body(), ERROR_BODY_BYTES));
                refused(response, problem, endpoint);
            } catch (ConnectException | HttpConnectTimeoutException e) {
                failed(endpoint, "cannot connect to " + endpoint, e);
            } catch (IOException e) {
                maybeDone(endpoint, "the connection to " + endpoint + " failed (" + describe(e) + ")", e);
            }
            return null;
        }

        private HttpRequest.Builder request(URI endpoint, Duration most) {
            // The node gets a slightly shorter timeout: its response says more than a broken connection.
            long millis = Math.clamp(most.toMillis() - Math.max(10, most.toMillis() / 10), 1, MOST_NODE_MILLIS);
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(endpoint + call.path()))
                    .method(
                            call.method(),
                            call.body() == null
                                    ? HttpRequest.BodyPublishers.noBody()
                                    : HttpRequest.BodyPublishers.ofByteArray(call.body()))
                    .header("Raftgres-Timeout-Millis", Long.toString(millis));
            call.headers().forEach(request::header);
            if (maybeDone) {
                // So that the node refuses a late repetition instead of executing it again.
                long ageMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begunNanos);
                request.header("Idempotency-Age", Long.toString(ageMillis / 1000 + 1));
            }
            return request;
        }

        private void refused(HttpResponse<T> response, Problem problem, URI endpoint) throws InterruptedException {
            switch (problem.status()) {
                case 429 -> {
                    lastFailure = problem.detail();
                    pause(retryAfterMillis(response));
                }
                // 507: the disk is full. Space may be freed, or leadership may move to a node with space.
                case 503, 507 -> {
                    lastFailure = problem.detail();
                    lastCause = null;
                    endpoints.failed(endpoint);
                    backOff();
                }
                case 400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 414, 415, 416, 422, 431 ->
                    throw refusal(problem);
                default -> maybeDone(endpoint, problem.detail(), null);
            }
        }

        private RaftgresException refusal(Problem problem) {
            if (maybeDone) {
                return new RaftgresException.OutcomeUnknown(
                        "The " + noun()
                                + " may have been done: an attempt got no response, and the cluster refused a later"
                                + " one: "
                                + problem.detail(),
                        null);
            }
            return switch (problem.status()) {
                case 404 ->
                    problem.type().equals(Problem.MEMBER_NOT_FOUND)
                            ? new RaftgresException.MemberNotFound(problem.detail())
                            : new RaftgresException.BadRequest(problem.detail());
                case 409 -> new RaftgresException.Refused(problem.detail());
                case 410 -> new RaftgresException.Compacted(problem.detail());
                case 413, 414, 431 -> new RaftgresException.TooLarge(problem.detail());
                default -> new RaftgresException.BadRequest(problem.detail());
            };
        }

        /**
         * Ends an operation that must not be repeated. Any other is tried again, and only its own response can settle
         * its outcome.
         */
        private void maybeDone(URI endpoint, String failure, Throwable cause) throws InterruptedException {
            maybeDone |= call.changes();
            if (maybeDone && !call.repeatable()) {
                throw new RaftgresException.OutcomeUnknown(
                        "The " + noun() + " may have been done, but got no response: " + failure, cause);
            }
            failed(endpoint, failure, cause);
        }

        private String noun() {
            return call.kind() == Call.Kind.ADMIN ? "change" : "write";
        }

        private void failed(URI endpoint, String failure, Throwable cause) throws InterruptedException {
            lastFailure = failure;
            lastCause = cause;
            endpoints.failed(endpoint);
            // The client asks each node once before the first pause.
            if (attempts >= endpoints.size()) {
                backOff();
            }
        }

        private void backOff() throws InterruptedException {
            long most = Math.min(BACKOFF_MOST_MILLIS, BACKOFF_FIRST_MILLIS << Math.min(attempts, 10));
            pause(most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1));
        }

        private void pause(long millis) throws InterruptedException {
            if (left().minusMillis(millis).compareTo(SHORTEST_ATTEMPT) < 0) {
                throw timeUp();
            }
            TimeUnit.MILLISECONDS.sleep(millis);
        }

        private RaftgresException timeUp() {
            String within = " within " + text(timeout) + ": " + lastFailure;
            return maybeDone
                    ? new RaftgresException.OutcomeUnknown(
                            "The " + noun() + " may have been done, but got no response" + within, lastCause)
                    : new RaftgresException.NotDone("Not done" + within, lastCause);
        }
    }

    private static String text(Duration duration) {
        long millis = duration.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + " s" : millis + " ms";
    }

    private static String describe(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static long retryAfterMillis(HttpResponse<?> response) {
        String text = response.headers().firstValue("Retry-After").orElse("");
        try {
            // Waits a random time longer than the node asked for, so that clients do not all return at once.
            double seconds = Double.parseDouble(text);
            double spread = 1 + ThreadLocalRandom.current().nextDouble() / 4;
            return Math.max(BACKOFF_FIRST_MILLIS, (long) (Math.min(seconds, 3_600) * 1000 * spread));
        } catch (NumberFormatException e) {
            return BACKOFF_MOST_MILLIS;
        }
    }

    static Sender<byte[]> buffered(HttpClient http) {
        return new Sender<>() {
            @Override
            public HttpResponse<byte[]> send(HttpRequest.Builder request, Duration timeout)
                    throws IOException, InterruptedException {
                return http.send(request.timeout(timeout).build(), HttpResponse.BodyHandlers.ofByteArray());
            }

            @Override
            public byte[] errorBody(byte[] body, int limit) {
                return body;
            }
        };
    }
}
