package io.raftgres.node.rest;

import io.netty.util.AsciiString;
import io.raftgres.node.auth.Caller;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.RefusedRequestException;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.memory.MemoryAccount;
import io.raftgres.node.service.KvService;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * One request and its response. Belongs to the request's event loop, except that a stream is written by one virtual
 * thread ({@link ResponseSink}).
 */
final class RestExchange {

    private static final Logger LOG = Logger.getLogger(RestExchange.class);
    private static final CharSequence IDEMPOTENCY_AGE = AsciiString.cached("idempotency-age");
    private static final CharSequence IDEMPOTENCY_KEY = AsciiString.cached("idempotency-key");
    private static final CharSequence TIMEOUT = AsciiString.cached("raftgres-timeout-millis");
    private static final CharSequence CONTENT_TYPE_OPTIONS = AsciiString.cached("x-content-type-options");
    private static final CharSequence NOSNIFF = AsciiString.cached("nosniff");
    private static final CharSequence CONTENT_SECURITY_POLICY = AsciiString.cached("content-security-policy");
    private static final CharSequence SANDBOX = AsciiString.cached("default-src 'none'; sandbox");
    private static final CharSequence NO_STORE = AsciiString.cached("no-store");
    private static final int STATUS_CLIENT_GONE = 499;

    /** Responses of at least this length count until they are sent. */
    private static final int COUNTED_BYTES = 16 << 10;

    private static final long LINGER_MILLIS = 1_000;

    final HttpServerRequest request;
    final HttpServerResponse response;
    final Vertx vertx;
    final Route route;
    final RestOptions options;
    private final RequestLimits admission;
    private final RequestMeter meter;
    private final Context context = Vertx.currentContext();
    private final Thread loop = Thread.currentThread();
    private final long startNanos = System.nanoTime();
    private final AtomicBoolean counted = new AtomicBoolean();
    private Caller caller;
    private KvService service;
    private boolean bodyUnread;
    private boolean admitted = true;
    private Runnable whenCounted = () -> {};

    /** The caller has entered the limits for this request; the exchange leaves them when the request has ended. */
    RestExchange(HttpServerRequest request, Vertx vertx, Route route, RestApi api) {
        this.request = request;
        this.response = request.response();
        this.vertx = vertx;
        this.route = route;
        this.options = api.options();
        this.admission = api.admission();
        this.meter = api.meter();
        this.bodyUnread = hasBody(request);
    }

    private static boolean hasBody(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return length != null ? !length.equals("0") : request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
    }

    /** @return false if the client certainly sends no body */
    boolean hasBody() {
        return hasBody(request);
    }

    // Who asks

    /** @param service of this caller */
    void identified(Caller caller, KvService service) {
        this.caller = caller;
        this.service = service;
    }

    /** @return the service for the caller of this request */
    KvService service() {
        return service;
    }

    /** @return whether the response may tell what there was at the key */
    boolean mayRead(Key key) {
        AuthState users = service.users();
        try {
            if (users.enabled()) {
                users.requireRead(caller.id(users), KeyRange.single(key));
            }
            return true;
        } catch (RefusedRequestException | ServiceException e) {
            return false;
        }
    }

    // The request's parameters

    Query query(Set<String> known) {
        return Query.parse(request.query(), known);
    }

    /** @return the key in the path, exactly as the client encoded it */
    Key key() {
        String path = request.path();
        byte[] bytes = Percent.decode(path, Route.KEY_PREFIX.length(), path.length(), "the key in the path");
        if (bytes.length == 0) {
            throw Problem.invalid("the key is empty");
        }
        return checkKey(bytes, options.maxKeyBytes());
    }

    static Key checkKey(byte[] bytes, int maxBytes) {
        if (bytes.length > maxBytes) {
            throw Problem.tooLarge("the key", maxBytes);
        }
        return Key.of(bytes);
    }

    /** @return null when the client sent none */
    byte[] token() {
        String text = request.getHeader(IDEMPOTENCY_KEY);
        if (text == null) {
            return null;
        }
        if (request.headers().getAll(IDEMPOTENCY_KEY).size() > 1) {
            throw Problem.invalid("header Idempotency-Key is given twice");
        }
        return IdempotencyToken.of(text);
    }

    /**
     * @return the request with the age that the client states for its token, as an upper bound at the time of the
     *     proposal: it includes this request's whole time limit
     */
    Request aged(Request wanted) {
        String text = request.getHeader(IDEMPOTENCY_AGE);
        if (text == null) {
            return wanted;
        }
        if (wanted.token() == null) {
            throw Problem.invalid("header Idempotency-Age is the age of an Idempotency-Key, and the request has none");
        }
        long seconds = Query.parseNumber(text, 0, Integer.MAX_VALUE, "header Idempotency-Age");
        return seconds == 0
                ? wanted
                : wanted.withTokenAge(
                        TimeUnit.SECONDS.toMillis(seconds) + timeout().toMillis());
    }

    Duration timeout() {
        return timeout(options.defaultTimeout());
    }

    /** @param otherwise the time limit when the client sets none */
    Duration timeout(Duration otherwise) {
        String text = request.getHeader(TIMEOUT);
        if (text == null) {
            return otherwise;
        }
        return Duration.ofMillis(
                Query.parseNumber(text, 1, RestOptions.MAX_TIMEOUT_MILLIS, "header Raftgres-Timeout-Millis"));
    }

    boolean isHttp2() {
        return request.version() == HttpVersion.HTTP_2;
    }

    void bodyWasRead() {
        bodyUnread = false;
    }

    // Threads

    /** Handles a service's result on the event loop. A failure of the service or of the handling becomes a problem. */
    <T> void whenDone(CompletionStage<T> stage, Consumer<T> then) {
        stage.whenComplete((value, failure) -> {
            if (Thread.currentThread() == loop) {
                resume(value, failure, then);
            } else {
                context.runOnContext(ignored -> resume(value, failure, then));
            }
        });
    }

    private <T> void resume(T value, Throwable failure, Consumer<T> then) {
        if (failure != null) {
            fail(failure);
            return;
        }
        try {
            then.accept(value);
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    /** @throws ResponseSink.ClientGoneException when the server has been closed, and the connection with it */
    void onLoop(Runnable task) {
        try {
            context.runOnContext(ignored -> task.run());
        } catch (RejectedExecutionException e) {
            throw new ResponseSink.ClientGoneException("the server is closed");
        }
    }

    /** Runs a task that may block on a virtual thread. Its exceptions become problems. */
    void offload(String name, Runnable task) {
        Thread.ofVirtual().name(name).start(() -> {
            try {
                task.run();
            } catch (ResponseSink.ClientGoneException e) {
                clientGone();
            } catch (RuntimeException | Error e) {
                failOnLoop(e);
            }
        });
    }

    private void failOnLoop(Throwable failure) {
        try {
            onLoop(() -> fail(failure));
        } catch (ResponseSink.ClientGoneException e) {
            clientGone();
        }
    }

    // The response

    /**
     * Sets the media type, and forbids a browser to run or keep the body: values may contain anything, and a browser
     * that took one for a page would run it as a page of this node.
     */
    void contentType(CharSequence mediaType) {
        response.headers()
                .set(HttpHeaders.CONTENT_TYPE, mediaType)
                .set(CONTENT_TYPE_OPTIONS, NOSNIFF)
                .set(CONTENT_SECURITY_POLICY, SANDBOX)
                .set(HttpHeaders.CACHE_CONTROL, NO_STORE);
    }

    /**
     * Call this before a response of this length is sent as a whole.
     *
     * @throws ProblemException when there is no room for it
     */
    void requireRoomToSend(int bytes) {
        if (bytes >= COUNTED_BYTES
                && admission.unsent().used() + bytes > admission.unsent().limit()) {
            throw Problem.overloaded("the clients of this node have still to take "
                    + admission.unsent().used() + " bytes of their responses");
        }
    }

    MemoryAccount unsent() {
        return admission.unsent();
    }

    /** Sends the response; status and headers have been set on the response. On the event loop only. */
    void end(Buffer body) {
        if (response.closed() || response.ended()) {
            count(STATUS_CLIENT_GONE);
            return;
        }
        count(response.getStatusCode());
        boolean linger = bodyUnread && !request.isEnded();
        if (linger && !isHttp2()) {
            response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        if (body == null) {
            response.end();
        } else if (body.length() < COUNTED_BYTES) {
            response.end(body);
        } else {
            admission.unsent().add(body.length());
            response.end(body).onComplete(sent -> admission.unsent().give(body.length()));
        }
        if (linger) {
            closeAfterLingering();
        }
    }

    /**
     * The client may still be sending a body that the node does not want. To close at once would reset the connection
     * and lose the response on its way. To read on without a limit would let the client send permanently. So the node
     * reads on for a second.
     */
    private void closeAfterLingering() {
        request.exceptionHandler(gone -> {});
        request.handler(discarded -> {});
        request.endHandler(ended -> hangUp());
        request.resume();
        vertx.setTimer(LINGER_MILLIS, ignored -> hangUp());
    }

    /** Cuts the connection (HTTP/2: the stream), so that the client notices that the response is incomplete. */
    void hangUp() {
        if (isHttp2()) {
            response.reset();
        } else {
            request.connection().close();
        }
    }

    void fail(Throwable failure) {
        fail(problemOf(failure));
    }

    /** An unexpected failure is a defect of the node. It is logged, and the client gets an id to find it by. */
    Problem problemOf(Throwable failure) {
        Problem problem = Problem.of(failure);
        if (problem != null) {
            return problem;
        }
        String id = UUID.randomUUID().toString();
        LOG.errorf(failure, "a request failed because of a defect, id %s: %s %s", id, request.method(), route.path());
        return new Problem(
                Problem.Type.INTERNAL,
                "the node has a defect; its log has the details under this id",
                Map.of("id", id),
                0);
    }

    /** Responds to a request that was refused by the limits. */
    void refuse(Problem problem) {
        admitted = false;
        fail(problem);
    }

    /** Responds with a problem if nothing has been sent; otherwise cuts the connection. On the event loop only. */
    void fail(Problem problem) {
        if (response.closed() || response.ended()) {
            count(STATUS_CLIENT_GONE);
            return;
        }
        if (response.headWritten()) {
            count(problem.type().status);
            hangUp();
            return;
        }
        response.setStatusCode(problem.type().status);
        response.setChunked(false);
        contentType(Problem.MEDIA_TYPE);
        if (problem.type() == Problem.Type.UNAUTHENTICATED) {
            response.headers().add("www-authenticate", "Bearer").add("www-authenticate", "Basic realm=\"Raftgres\"");
        }
        if (problem.retryAfterSeconds() > 0) {
            response.putHeader(HttpHeaders.RETRY_AFTER, Integer.toString(problem.retryAfterSeconds()));
        }
        if (problem.isPermanent()) {
            closeAfterResponse();
        }
        Buffer json = problem.toJson(request.path());
        if (route == Route.HEAD_KEY) {
            response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(json.length()));
            end(null);
        } else {
            end(json);
        }
    }

    /**
     * A client that keeps its connection to a member that never serves again would not find the other members behind
     * a service's name.
     */
    private void closeAfterResponse() {
        if (!isHttp2()) {
            response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            response.endHandler(sent -> request.connection().close());
        }
    }

    /** Records the request and frees its place. Later calls do nothing. Any thread. */
    void count(int status) {
        if (counted.compareAndSet(false, true)) {
            if (admitted) {
                admission.leave();
            }
            whenCounted.run();
            meter.record(route, status, System.nanoTime() - startNanos);
        }
    }

    /** @param task frees the memory that the request holds; runs when the request has ended */
    void onceCounted(Runnable task) {
        whenCounted = task;
    }

    void clientGone() {
        count(STATUS_CLIENT_GONE);
    }
}
