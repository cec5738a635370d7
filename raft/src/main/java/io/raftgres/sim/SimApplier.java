package io.raftgres.sim;

import io.raftgres.raft.Entry;
import io.raftgres.raft.Input;
import java.util.ArrayList;
import java.util.List;

/**
 * Simulates a node's state machine: applies committed entries after a delay, and flushes the store after a further
 * delay.
 */
final class SimApplier {
    private final World world;
    private final SimNode node;
    private final SimStore store;
    private final Randomness random;
    private MapMachine machine;
    private boolean flushing;
    /** A report of applied entries is in flight; it covers several batches. */
    private boolean reporting;

    private long slowUntil;
    private List<Entry> toApply = new ArrayList<>();

    SimApplier(World world, SimNode node, SimStore store, Randomness random) {
        this.world = world;
        this.node = node;
        this.store = store;
        this.random = random;
    }

    MapMachine machine() {
        return machine;
    }

    /** A run of the node begins: the state machine starts from the store. */
    void start() {
        flushing = false;
        reporting = false;
        toApply = new ArrayList<>();
        machine = store.flushed();
    }

    /** The process has ended. */
    void crash() {
        toApply = new ArrayList<>();
        store.crash(random);
    }

    void slowFor(long us) {
        slowUntil = world.now() + us;
    }

    void heal() {
        slowUntil = 0;
    }

    void committed(List<Entry> entries) {
        if (toApply.isEmpty()) {
            long most = world.now() < slowUntil ? 300 * Scenario.MS : 2 * Scenario.MS;
            node.later(random.between(10, most), this::apply);
        }
        toApply.addAll(entries);
    }

    private void apply() {
        List<Entry> batch = toApply;
        toApply = new ArrayList<>();
        for (Entry entry : batch) {
            SimResponse response = machine.apply(entry);
            world.checks.applied(node, entry);
            node.service().applied(entry, response);
        }
        store.write(batch);
        if (!flushing) {
            flushing = true;
            node.later(random.between(10, 400) * Scenario.MS, this::flush);
        }
        if (!reporting) {
            reporting = true;
            node.later(random.between(0, 3 * Scenario.MS), () -> {
                reporting = false;
                node.step(new Input.Applied(machine.applied()));
            });
        }
        node.service().answerReads();
    }

    private void flush() {
        store.beginFlush();
        node.later(random.between(1, 50) * Scenario.MS, () -> {
            flushing = false;
            store.endFlush();
        });
    }
}
