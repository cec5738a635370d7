package io.raftgres.node.etcd.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.raftgres.node.memory.MemoryBudget;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.memory.Share;
import io.raftgres.node.web.BrowserRules;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Clients that send requests without waiting for responses. */
class PipeliningTest {

    private static final int REQUESTS = 500;

    /** Otherwise each request of some bytes makes a whole response that waits in the node's memory. */
    @Test
    void clientThatReadsNoResponsesGetsNoMore() {
        NodeMemory memory =
                new NodeMemory(MemoryBudget.of(MemoryBudget.LEAST_HEAP_BYTES, MemoryBudget.LEAST_HEAP_BYTES / 2));
        AtomicInteger asked = new AtomicInteger();
        Queue<CompletableFuture<GatewayResponse>> waiting = new ArrayDeque<>();
        GetHandler endpoint = query -> {
            asked.incrementAndGet();
            CompletableFuture<GatewayResponse> response = new CompletableFuture<>();
            waiting.add(response);
            return response;
        };
        Duration lasting = Duration.ofHours(1);
        Gateway gateway = new Gateway(
                null,
                new GatewayLimits(1 << 20, lasting, lasting, lasting),
                memory,
                Map.of("/metrics", endpoint),
                BrowserRules.strict());
        EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
        gateway.addTo(channel.pipeline());
        String request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";

        takes(channel, false);
        channel.writeInbound(Unpooled.copiedBuffer(request.repeat(REQUESTS), StandardCharsets.US_ASCII));
        channel.runPendingTasks();
        assertEquals(0, asked.get());

        takes(channel, true);
        while (!waiting.isEmpty()) {
            waiting.remove().complete(GatewayResponse.of(200, GatewayResponse.TEXT, "x"));
            channel.runPendingTasks();
        }
        assertEquals(REQUESTS, asked.get());
        assertEquals(0, memory.used(Share.UNSENT));
        channel.finishAndReleaseAll();
    }

    private static void takes(EmbeddedChannel channel, boolean all) {
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, all);
        channel.runPendingTasks();
    }
}
