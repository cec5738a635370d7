package io.raftgres.sim;

import io.raftgres.linearizability.Action;
import io.raftgres.linearizability.History;
import io.raftgres.linearizability.Result;
import java.util.ArrayList;
import java.util.List;

/** Simulated clients, each with one operation at a time through any node. The history records their operations. */
final class Clients {
    private static final long TIMEOUT_US = 4 * Scenario.SECOND;

    /** One attempt at an operation. */
    record Attempt(Operation operation, int number) {}

    /** An operation in flight. */
    static final class Operation {
        final Client client;
        final Command command;
        final int key;
        final History.Pending pending;
        final long sinceUs;
        int attempts;
        boolean maybeDone;
        boolean ended;

        Operation(Client client, Command command, int key, History.Pending pending, long sinceUs) {
            this.client = client;
            this.command = command;
            this.key = key;
            this.pending = pending;
            this.sinceUs = sinceUs;
        }
    }

    static final class Client {
        int process;
        int writes;
        final long[] seen = new long[Scenario.KEYS];
    }

    private final World world;
    private final Randomness random;
    private int processes;
    private int values;

    Clients(World world, Randomness random) {
        this.world = world;
        this.random = random;
    }

    void start() {
        for (int i = 0; i < world.scenario.clients(); i++) {
            Client client = new Client();
            client.process = ++processes;
            think(client);
        }
    }

    private void think(Client client) {
        world.after(random.exponential(world.scenario.thinkUs()), () -> begin(client));
    }

    private void begin(Client client) {
        int key = random.below(Scenario.KEYS);
        boolean reads = random.chance(world.scenario.readShare());
        Command command = reads ? null : command(client, key);
        Action action = reads
                ? new Action.Get()
                : command.value() == Command.DELETE
                        ? new Action.Delete()
                        : command.expected() == Command.ANY
                                ? new Action.Put(text(command.value()))
                                : new Action.CompareAndSet(command.expected(), text(command.value()));
        History.Pending pending = world.history.invoke(client.process, "k" + key, action);
        Operation operation = new Operation(client, command, key, pending, world.now());
        world.trace.line(world.now(), () -> "client " + client.process + " asks k" + key + " " + action);
        attempt(operation);
    }

    private Command command(Client client, int key) {
        int kind = random.below(10);
        int value = kind == 0 ? Command.DELETE : ++values;
        long expected = kind >= 1 && kind <= 4 ? client.seen[key] : Command.ANY;
        // Some writes carry no token: the client does not retry them when the outcome is unknown.
        int number = random.chance(0.75) ? ++client.writes : 0;
        int most = world.scenario.commandBytes();
        int padding = most == 0 ? 0 : random.below(most);
        return new Command(client.process, number, key, value, expected, padding);
    }

    private static String text(int value) {
        return Integer.toString(value);
    }

    private void attempt(Operation operation) {
        Attempt attempt = new Attempt(operation, ++operation.attempts);
        List<SimNode> nodes = new ArrayList<>(world.nodes());
        nodes.removeIf(SimNode::isGone);
        SimNode node = nodes.get(random.below(nodes.size()));
        Service.Request request = new Service.Request(attempt, operation.command, operation.key, node.id());
        world.after(100, () -> {
            if (node.isUp()) {
                node.service().request(request);
            } else {
                answered(attempt, SimResponse.NOT_DONE);
            }
        });
        world.after(random.between(300, 1500) * Scenario.MS, () -> timedOut(attempt));
    }

    private void timedOut(Attempt attempt) {
        Operation operation = attempt.operation();
        if (operation.ended || attempt.number() != operation.attempts) {
            return;
        }
        operation.maybeDone = true;
        if (operation.command == null || operation.command.number() > 0) {
            again(operation);
        } else {
            abandon(operation);
        }
    }

    /** Handles a response, which may be late or belong to an earlier attempt. */
    void answered(Attempt attempt, SimResponse response) {
        Operation operation = attempt.operation();
        if (operation.ended) {
            return;
        }
        if (response.kind() != SimResponse.Kind.NOT_DONE) {
            end(operation, result(operation, response));
        } else if (attempt.number() == operation.attempts) {
            world.after(random.between(5, 100) * Scenario.MS, () -> {
                if (!operation.ended && attempt.number() == operation.attempts) {
                    again(operation);
                }
            });
        }
    }

    private void again(Operation operation) {
        if (world.now() - operation.sinceUs > TIMEOUT_US) {
            abandon(operation);
        } else {
            attempt(operation);
        }
    }

    private void abandon(Operation operation) {
        boolean unknown = operation.maybeDone && operation.command != null;
        if (!unknown) {
            end(operation, new Result.Failed());
            return;
        }
        // Its write may still take effect later, so the client continues as a new process.
        Client client = operation.client;
        operation.ended = true;
        client.process = ++processes;
        client.writes = 0;
        think(client);
    }

    private Result result(Operation operation, SimResponse response) {
        return switch (response.kind()) {
            case READ ->
                response.value() == Command.DELETE
                        ? new Result.Absent()
                        : new Result.Found(text(response.value()), response.revision());
            case WRITTEN -> new Result.Written(response.revision());
            case UNCHANGED ->
                operation.command.value() == Command.DELETE && operation.command.expected() == Command.ANY
                        ? new Result.Absent()
                        : new Result.Mismatch();
            case NOT_DONE -> new Result.Failed();
        };
    }

    private void end(Operation operation, Result result) {
        operation.ended = true;
        operation.pending.complete(result);
        if (result instanceof Result.Written(long revision)) {
            world.counts.acknowledged++;
            operation.client.seen[operation.key] = operation.command.value() == Command.DELETE ? 0 : revision;
        } else if (result instanceof Result.Found found) {
            operation.client.seen[operation.key] = found.revision();
        }
        world.trace.line(
                world.now(), () -> "client " + operation.client.process + " learns k" + operation.key + " " + result);
        think(operation.client);
    }
}
