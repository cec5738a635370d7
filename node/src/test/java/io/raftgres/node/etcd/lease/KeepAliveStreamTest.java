package io.raftgres.node.etcd.lease;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.stub.ServerCallStreamObserver;
import io.raftgres.etcd.api.etcdserver.LeaseKeepAliveRequest;
import io.raftgres.etcd.api.etcdserver.LeaseKeepAliveResponse;
import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.etcd.message.Headers;
import io.raftgres.node.rest.MemoryKvService;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.LeaseService;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * The node requests no more messages from a client that sends keep-alives permanently and reads no response, until it
 * reads.
 */
class KeepAliveStreamTest {

    private final MemoryKvService memory = new MemoryKvService(1 << 20);
    private final Client client = new Client();
    private final KeepAliveStream stream =
            new KeepAliveStream(service(), new Headers(memory), EtcdOptions.defaults(), client);

    /** A service with leases that are renewed at once. */
    private KvService service() {
        LeaseService leases = (LeaseService) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {LeaseService.class},
                (proxy, method, arguments) -> CompletableFuture.completedFuture(5L));
        return (KvService) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {KvService.class}, (proxy, method, arguments) -> leases);
    }

    /** Counts the requested messages and the responses. */
    private static final class Client extends ServerCallStreamObserver<LeaseKeepAliveResponse> {
        private Runnable takesResponses;
        private boolean ready = true;
        private int asked;
        private int reported;

        @Override
        public boolean isReady() {
            return ready;
        }

        @Override
        public void setOnReadyHandler(Runnable handler) {
            takesResponses = handler;
        }

        @Override
        public void request(int count) {
            asked += count;
        }

        @Override
        public void onNext(LeaseKeepAliveResponse response) {
            reported++;
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public void setOnCancelHandler(Runnable handler) {}

        @Override
        public void setCompression(String compression) {}

        @Override
        public void disableAutoInboundFlowControl() {}

        @Override
        public void disableAutoRequest() {}

        @Override
        public void setMessageCompression(boolean enable) {}

        @Override
        public void onError(Throwable why) {
            throw new AssertionError(why);
        }

        @Override
        public void onCompleted() {}
    }

    /** Sends all requested messages, up to this number. */
    private void send(int most) {
        while (client.reported < client.asked && client.reported < most) {
            stream.onNext(LeaseKeepAliveRequest.newBuilder().setID(1).build());
        }
    }

    @Test
    void untakenResponsesAreBounded() {
        stream.begin();
        int first = client.asked;
        send(1_000);
        assertEquals(1_000, client.reported, "it takes them");
        client.ready = false;
        send(1_000_000);
        assertTrue(client.reported <= 1_000 + first, client.reported + " responses");
        client.ready = true;
        client.takesResponses.run();
        send(10_000);
        assertEquals(10_000, client.reported, "it continues");
    }
}
