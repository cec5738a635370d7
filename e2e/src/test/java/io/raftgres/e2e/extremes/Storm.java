package io.raftgres.e2e.extremes;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/** Sends requests of every kind from several clients at a time, to all nodes, through all APIs. */
public final class Storm implements AutoCloseable {

    private static final int CLIENTS = 8;
    private static final int MAX_FAULTS = 20;

    private final List<String> urls;
    private final List<String> endpoints;
    private final List<ManagedChannel> channels;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final Map<String, LongAdder> outcomes = new ConcurrentSkipListMap<>();
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();

    /** @param urls of the nodes @param endpoints host:port of their etcd API */
    public Storm(List<String> urls, List<String> endpoints) {
        this.urls = urls;
        this.endpoints = endpoints;
        this.channels = endpoints.stream()
                .<ManagedChannel>map(endpoint ->
                        NettyChannelBuilder.forTarget(endpoint).usePlaintext().build())
                .toList();
    }

    /** Sends this number of requests, or stops at the first fault. */
    public void run(long seed, int requests) throws InterruptedException {
        AtomicInteger left = new AtomicInteger(requests);
        List<Thread> clients = IntStream.range(0, CLIENTS)
                .mapToObj(number ->
                        Thread.ofVirtual().name("client-" + number).start(() -> client(seed * CLIENTS + number, left)))
                .toList();
        for (Thread client : clients) {
            client.join();
        }
    }

    private void client(long seed, AtomicInteger left) {
        Values values = new Values(new Random(seed));
        GrpcRequests grpc = new GrpcRequests(values);
        GatewayRequests gateway = new GatewayRequests(values, http);
        RestRequests rest = new RestRequests(values, http);
        while (left.getAndDecrement() > 0 && faults.size() < MAX_FAULTS) {
            int node = values.below(urls.size());
            try {
                Outcome outcome = switch (values.below(5)) {
                    case 0, 1 -> grpc.send(channels.get(node));
                    case 2 -> gateway.send(endpoints.get(node));
                    default -> rest.send(urls.get(node));
                };
                outcomes.computeIfAbsent(outcome.kind(), kind -> new LongAdder())
                        .increment();
                if (outcome.fault() != null) {
                    faults.add(outcome.fault());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (Exception e) {
                faults.add("node " + (node + 1) + ": " + e);
            }
        }
    }

    /** @return responses that were not allowed */
    public List<String> faults() {
        return List.copyOf(faults);
    }

    /** @return number of responses by kind of request and status */
    public Map<String, LongAdder> outcomes() {
        return outcomes;
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        http.shutdownNow();
    }
}
