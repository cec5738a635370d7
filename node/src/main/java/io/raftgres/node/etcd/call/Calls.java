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

/** Ends calls, each once: with an answer, or with a failure in etcd's words. */
public final class Calls {

    private Calls() {}

    /** @return what the client gives the call that is being handled, at most; ours when it gives none */
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

    /** Answers when the stage is done, on whichever thread that is; a failure to begin is answered, too. */
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

    /** For what blocks. */
    public static void offload(String name, StreamObserver<?> client, Work work) {
        Thread.ofVirtual().name(name).start(Context.current().wrap(() -> guard(client, work)));
    }

    /**
     * Within the call's handler, before it returns: from then on a client that has gone is no failure of whoever
     * answers.
     *
     * @return whether the client has gone
     */
    public static BooleanSupplier cancellation(StreamObserver<?> client) {
        ServerCallStreamObserver<?> call = (ServerCallStreamObserver<?>) client;
        call.setOnCancelHandler(() -> {});
        return call::isCancelled;
    }

    /** Whatever is thrown is the client's answer. */
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
