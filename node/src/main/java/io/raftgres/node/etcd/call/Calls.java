package io.raftgres.node.etcd.call;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** Ends each call once: with a response, or with an error in etcd's words. */
public final class Calls {

    private Calls() {}

    /** @return the client's deadline for the current call; the default timeout if it has none */
    public static Duration timeout(EtcdOptions options) {
        Deadline deadline = Context.current().getDeadline();
        if (deadline == null) {
            return options.timeout();
        }
        return Duration.ofMillis(Math.clamp(
                deadline.timeRemaining(TimeUnit.MILLISECONDS),
                1,
                options.timeout().toMillis()));
    }

    public interface Start<T> {
        CompletionStage<T> run();
    }

    public interface Work {
        void run() throws InterruptedException;
    }

    /** Sends the response when the stage completes, on any thread. A failure to start the work is reported too. */
    public static <T, A> void whenDone(StreamObserver<A> client, Start<T> start, Function<T, A> response) {
        guard(
                client,
                () -> start.run()
                        .whenComplete((done, why) -> guard(client, () -> {
                            if (why != null) {
                                throw StatusMapping.of(why);
                            }
                            answer(client, response.apply(done));
                        })));
    }

    public static <A> void answer(StreamObserver<A> client, A response) {
        client.onNext(response);
        client.onCompleted();
    }

    /** Runs work that blocks on a virtual thread. */
    public static void offload(String name, StreamObserver<?> client, Work work) {
        Thread.ofVirtual().name(name).start(Context.current().wrap(() -> guard(client, work)));
    }

    /**
     * Call this in the call's handler, before it returns. From then on a lost client causes no error in the code that
     * responds.
     *
     * @return whether the client has gone
     */
    public static BooleanSupplier cancellation(StreamObserver<?> client) {
        ServerCallStreamObserver<?> call = (ServerCallStreamObserver<?>) client;
        call.setOnCancelHandler(() -> {});
        return call::isCancelled;
    }

    /** Sends any exception to the client as the response. */
    public static void guard(StreamObserver<?> client, Work work) {
        try {
            work.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            client.onError(EtcdError.STOPPED.exception());
        } catch (RuntimeException e) {
            client.onError(StatusMapping.of(e));
        }
    }
}
