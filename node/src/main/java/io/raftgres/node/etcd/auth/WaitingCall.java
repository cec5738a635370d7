package io.raftgres.node.etcd.auth;

import io.grpc.Context;
import io.grpc.ServerCall;
import io.raftgres.node.kv.ServiceException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** A call that starts later: until then nothing is requested from its client, and what happens is kept. */
final class WaitingCall<Q> extends ServerCall.Listener<Q> {

    private final List<Runnable> missed = new ArrayList<>();
    private ServerCall.Listener<Q> started;

    private WaitingCall() {}

    /**
     * @param condition blocks; the call starts after it, whether it fails or not
     * @param start starts the call
     */
    static <Q> ServerCall.Listener<Q> until(Runnable condition, Supplier<ServerCall.Listener<Q>> start) {
        WaitingCall<Q> call = new WaitingCall<>();
        Thread.ofVirtual().name("etcd-token").start(Context.current().wrap(() -> {
            try {
                condition.run();
            } catch (ServiceException e) {
                // The start then finds what is wrong.
            }
            call.start(start.get());
        }));
        return call;
    }

    private synchronized void start(ServerCall.Listener<Q> listener) {
        started = listener;
        missed.forEach(Runnable::run);
        missed.clear();
    }

    private synchronized void deliver(Runnable event) {
        if (started == null) {
            missed.add(event);
        } else {
            event.run();
        }
    }

    @Override
    public void onMessage(Q message) {
        deliver(() -> started.onMessage(message));
    }

    @Override
    public void onHalfClose() {
        deliver(() -> started.onHalfClose());
    }

    @Override
    public void onCancel() {
        deliver(() -> started.onCancel());
    }

    @Override
    public void onComplete() {
        deliver(() -> started.onComplete());
    }

    @Override
    public void onReady() {
        deliver(() -> started.onReady());
    }
}
