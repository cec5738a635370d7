package io.raftgres.node.etcd.maintenance;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.raftgres.etcd.api.etcdserver.AlarmMember;
import io.raftgres.etcd.api.etcdserver.AlarmType;
import io.raftgres.node.etcd.call.StatusMapping;
import io.raftgres.node.etcd.gateway.GatewayResponse;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.KvService.Consistency;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** /health, /livez and /readyz: the checks, their names and their responses are etcd's. */
public final class HealthChecks {

    /** A key that no client can write, so it never exists. */
    static final Key NO_KEY = Key.FIRST.next();

    private record Check(String name, Supplier<CompletionStage<Optional<String>>> failure) {}

    private final KvService service;
    private final Duration timeout;
    private final List<Check> live;
    private final List<Check> ready;

    public HealthChecks(KvService service, Duration timeout) {
        this.service = service;
        this.timeout = timeout;
        Check local = new Check("serializable_read", () -> read(Consistency.LOCAL));
        this.live = List.of(local);
        this.ready = List.of(
                new Check("data_corruption", this::corruption),
                local,
                new Check("linearizable_read", () -> read(Consistency.LINEARIZABLE)),
                new Check("non_learner", this::learner));
    }

    /** @param query serializable=true: only this member's own state; exclude: alarms that do not count */
    public CompletionStage<GatewayResponse> health(Map<String, List<String>> query) {
        boolean local = List.of("true")
                .equals(query.getOrDefault("serializable", List.of()).stream()
                        .limit(1)
                        .toList());
        Collection<String> excluded = query.getOrDefault("exclude", List.of());
        Optional<AlarmMember> alarm;
        try {
            alarm = EtcdAlarms.of(service.cluster()).stream()
                    .filter(each -> !excluded.contains(each.getAlarm().name()))
                    .findFirst();
        } catch (ServiceException e) {
            return CompletableFuture.completedFuture(health("RANGE ERROR:" + text(e)));
        }
        if (alarm.isPresent()) {
            return CompletableFuture.completedFuture(
                    health("ALARM " + alarm.get().getAlarm()));
        }
        if (!local && !service.hasLeader()) {
            return CompletableFuture.completedFuture(health("RAFT NO LEADER"));
        }
        return read(local ? Consistency.LOCAL : Consistency.LINEARIZABLE)
                .thenApply(failure ->
                        health(failure.map(text -> "RANGE ERROR:" + text).orElse("")));
    }

    /** @param reason empty: healthy */
    private static GatewayResponse health(String reason) {
        String quoted = new String(JsonStringEncoder.getInstance().quoteAsString(reason));
        return reason.isEmpty()
                ? GatewayResponse.of(200, GatewayResponse.TEXT, "{\"health\":\"true\",\"reason\":\"\"}")
                : GatewayResponse.error(503, "{\"health\":\"false\",\"reason\":\"" + quoted + "\"}");
    }

    public CompletionStage<GatewayResponse> live(Map<String, List<String>> query) {
        return run(live, query);
    }

    public CompletionStage<GatewayResponse> ready(Map<String, List<String>> query) {
        return run(ready, query);
    }

    private static CompletionStage<GatewayResponse> run(List<Check> checks, Map<String, List<String>> query) {
        List<CompletableFuture<Optional<String>>> results = new ArrayList<>();
        List<Check> wanted = checks.stream()
                .filter(check -> !query.getOrDefault("exclude", List.of()).contains(check.name()))
                .toList();
        wanted.forEach(check -> results.add(check.failure().get().toCompletableFuture()));
        return CompletableFuture.allOf(results.toArray(CompletableFuture[]::new))
                .thenApply(done -> {
                    StringBuilder detail = new StringBuilder();
                    boolean failed = false;
                    for (int i = 0; i < wanted.size(); i++) {
                        Optional<String> failure = results.get(i).join();
                        failed |= failure.isPresent();
                        detail.append(failure.isPresent() ? "[-]" : "[+]")
                                .append(wanted.get(i).name())
                                .append(failure.map(text -> " failed: " + text).orElse(" ok"))
                                .append('\n');
                    }
                    return failed
                            ? GatewayResponse.error(503, detail.toString())
                            : GatewayResponse.of(
                                    200, GatewayResponse.TEXT, (query.containsKey("verbose") ? detail : "") + "ok\n");
                });
    }

    private CompletionStage<Optional<String>> read(Consistency consistency) {
        return service.get(NO_KEY, consistency, timeout)
                .handle((read, failure) -> failure == null ? Optional.empty() : Optional.of(text(failure)));
    }

    private static String text(Throwable failure) {
        return StatusMapping.of(failure).getStatus().getDescription();
    }

    private CompletionStage<Optional<String>> corruption() {
        return now(
                () -> EtcdAlarms.of(service.cluster()).stream().anyMatch(alarm -> alarm.getAlarm() == AlarmType.CORRUPT)
                        ? "alarm activated: CORRUPT"
                        : null);
    }

    private CompletionStage<Optional<String>> learner() {
        return now(() -> service.cluster()
                .own()
                .filter(member -> !member.voter())
                .map(member -> "not supported for learner")
                .orElse(null));
    }

    private static CompletionStage<Optional<String>> now(Supplier<String> check) {
        try {
            return CompletableFuture.completedFuture(Optional.ofNullable(check.get()));
        } catch (ServiceException e) {
            return CompletableFuture.completedFuture(Optional.of(text(e)));
        }
    }
}
