package io.raftgres.bench.suite;

import io.raftgres.bench.load.Endpoint;
import io.raftgres.bench.load.LoadGenerator;
import io.raftgres.bench.load.LoadPlan;
import io.raftgres.bench.load.LoadResult;
import io.raftgres.bench.report.SuiteReport.Kill;
import io.raftgres.bench.suite.ClusterApi.Node;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Kills leaders under a steady load of probes, one after the other, and starts them again. */
final class Kills {

    /** Probes per second: a write and a read every 5 ms, whatever the outcome of the previous ones. */
    static final double RATE = 400;

    static final int CLIENTS = 240;
    static final Duration ELECTION_TIMEOUT = Duration.ofSeconds(15);
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration HEALTHY_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration CALM = Duration.ofMillis(700);
    private static final Duration RUN_MAX = Duration.ofMinutes(5);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);
    private static final double BEFORE_MILLIS = 500;

    private final Launcher launcher;
    private final ClusterApi api;
    private final List<Node> nodes;
    private final Ledger ledger;

    Kills(Launcher launcher, ClusterApi api, List<Node> nodes, Ledger ledger) {
        this.launcher = launcher;
        this.api = api;
        this.nodes = nodes;
        this.ledger = ledger;
    }

    /** @throws IllegalStateException when the cluster is not healthy before the kill */
    Kill killLeader(int number) {
        Node victim = awaitHealthy();
        long termBefore = api.view(victim.endpoint()).map(ClusterApi.View::term).orElse(0L);
        List<Endpoint> endpoints = nodes.stream().map(Node::endpoint).toList();
        LoadPlan plan = new LoadPlan(endpoints, CLIENTS, RATE, Duration.ZERO, RUN_MAX, 0, REQUEST_TIMEOUT);
        LoadGenerator generator = new LoadGenerator(plan, ledger);
        FutureTask<LoadResult> probes = start("probes", generator::run);
        double startMillis;
        String successor;
        long killBegan;
        long killEnded;
        try {
            long began = System.nanoTime();
            if (!ClusterApi.await(ELECTION_TIMEOUT, () -> ledger.lastAckNanos() - began > 0)) {
                throw new IllegalStateException("no write was acknowledged before the kill");
            }
            ClusterApi.pause(CALM);
            killBegan = System.nanoTime();
            launcher.kill(victim.number());
            killEnded = System.nanoTime();
            long killed = killEnded;
            ClusterApi.await(ELECTION_TIMEOUT, () -> ledger.lastAckNanos() - killed > 0);
            successor = successor(victim, termBefore);
            startMillis = startAgain(victim);
            ClusterApi.pause(CALM);
        } finally {
            generator.stop();
        }
        LoadResult result = get(probes);
        return outcome(number, victim, successor, startMillis, killBegan, killEnded, result);
    }

    /** @return the leader, when all nodes are ready and agree on it */
    Node awaitHealthy() {
        Node[] leader = new Node[1];
        boolean healthy = ClusterApi.await(HEALTHY_TIMEOUT, () -> {
            leader[0] = agreedLeader().orElse(null);
            return leader[0] != null && nodes.stream().allMatch(node -> api.isReady(node.endpoint()));
        });
        if (!healthy) {
            throw new IllegalStateException("not all nodes were ready and of one mind about the leader within "
                    + HEALTHY_TIMEOUT.toSeconds() + " s");
        }
        return leader[0];
    }

    private Optional<Node> agreedLeader() {
        String name = null;
        for (Node node : nodes) {
            String said = api.view(node.endpoint()).map(ClusterApi.View::leader).orElse(null);
            if (said == null || (name != null && !name.equals(said))) {
                return Optional.empty();
            }
            name = said;
        }
        String agreed = name;
        return nodes.stream().filter(node -> node.name().equals(agreed)).findFirst();
    }

    private String successor(Node victim, long termBefore) {
        String[] name = new String[1];
        ClusterApi.await(
                ELECTION_TIMEOUT,
                () -> nodes.stream()
                        .filter(node -> !node.equals(victim))
                        .map(node -> api.view(node.endpoint()))
                        .flatMap(Optional::stream)
                        .filter(view -> view.term() > termBefore && view.leader() != null)
                        .peek(view -> name[0] = view.leader())
                        .findFirst()
                        .isPresent());
        return name[0];
    }

    private double startAgain(Node victim) {
        long began = System.nanoTime();
        FutureTask<Void> command = start("start", () -> {
            launcher.start(victim.number());
            return null;
        });
        boolean serves = ClusterApi.await(
                START_TIMEOUT,
                () -> api.isReady(victim.endpoint())
                        && api.status(victim.endpoint(), "/v1/kv?limit=1&consistency=local") == 200);
        double millis = (System.nanoTime() - began) / 1e6;
        get(command);
        return serves ? millis : Double.NaN;
    }

    private Kill outcome(
            int number,
            Node victim,
            String successor,
            double startMillis,
            long killBegan,
            long killEnded,
            LoadResult result) {
        long[] acks = ledger.takeAcks();
        int before = gapStart(acks, killBegan, killEnded);
        double gap = before < 0 || before == acks.length - 1 ? Double.NaN : (acks[before + 1] - acks[before]) / 1e6;
        long zero = before < 0 ? killBegan : acks[before];
        double[] relative = Arrays.stream(acks)
                .mapToDouble(ack -> (ack - zero) / 1e6)
                .filter(millis -> millis >= -BEFORE_MILLIS)
                .toArray();
        long asked =
                result.outcomes().values().stream().mapToLong(Long::longValue).sum();
        return new Kill(
                number,
                victim.name(),
                successor,
                gap,
                startMillis,
                relative,
                asked,
                asked - result.failed(),
                ledger.takeLongestWaitNanos() / 1e6);
    }

    /**
     * The launcher's process sends SIGKILL at a moment that we do not see, between its start and its end. The leader
     * acknowledges nothing after it, so the longest silence that overlaps that time begins before the kill, by one
     * interval of the probes at most, and it is never shorter than the time from the kill to the next acknowledged
     * write.
     *
     * @param acks in order
     * @return the last acknowledged write before the gap; -1 when there was none; the last of all when none came after
     */
    static int gapStart(long[] acks, long killBegan, long killEnded) {
        int best = -1;
        for (int i = 0; i < acks.length; i++) {
            boolean last = i == acks.length - 1;
            if (acks[i] - killEnded >= 0 || (!last && acks[i + 1] - killBegan <= 0)) {
                continue;
            }
            if (last) {
                return i;
            }
            if (best < 0 || acks[i + 1] - acks[i] > acks[best + 1] - acks[best]) {
                best = i;
            }
        }
        return best;
    }

    private static <T> FutureTask<T> start(String name, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().name(name).start(task);
        return task;
    }

    private static <T> T get(FutureTask<T> task) {
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
        }
    }
}
