package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.util.concurrent.ListenableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;

/** Runs thousands of calls, a bounded number of them at a time. */
public final class Calls {

    private static final int MAX_IN_FLIGHT = 500;

    private Calls() {}

    /**
     * @param call begins the call with this number, from 1 to {@code count}
     * @throws AssertionError when a call fails, or the calls do not end
     */
    static void each(int count, IntFunction<ListenableFuture<?>> call) throws InterruptedException {
        Semaphore room = new Semaphore(MAX_IN_FLIGHT);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        for (int number = 1; number <= count; number++) {
            room.acquire();
            ListenableFuture<?> response = call.apply(number);
            response.addListener(
                    () -> {
                        if (response.state() != ListenableFuture.State.SUCCESS) {
                            failure.set(response.exceptionNow());
                        }
                        room.release();
                    },
                    Runnable::run);
        }
        assertTrue(room.tryAcquire(MAX_IN_FLIGHT, 60, TimeUnit.SECONDS), "calls have not ended");
        if (failure.get() != null) {
            throw new AssertionError(failure.get());
        }
    }
}
