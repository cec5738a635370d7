package io.raftgres.e2e.etcd;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The first response of a stream. */
final class BlockingResponse<T> implements StreamObserver<T> {

    private final CompletableFuture<T> first = new CompletableFuture<>();

    @Override
    public void onNext(T response) {
        first.complete(response);
    }

    @Override
    public void onError(Throwable why) {
        first.completeExceptionally(why);
    }

    @Override
    public void onCompleted() {
        first.completeExceptionally(
                Status.UNAVAILABLE.withDescription("no response").asRuntimeException());
    }

    /** @throws io.grpc.StatusRuntimeException the call failed */
    T get() {
        try {
            return first.join();
        } catch (CompletionException e) {
            throw Status.fromThrowable(e.getCause()).asRuntimeException();
        }
    }
}
