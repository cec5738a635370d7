package io.raftgres.sim;

import io.raftgres.raft.HardState;
import io.raftgres.raft.Input;
import io.raftgres.raft.Member;
import io.raftgres.sim.Randomness.Concern;
import java.util.List;

/**
 * A node's maintenance: cuts its log, and fetches a snapshot from another node when its log cannot continue without
 * one.
 */
final class SimMaintenance {
    private final World world;
    private final SimNode node;
    private final Randomness random;
    private boolean fetching;
    private long wanted;

    SimMaintenance(World world, SimNode node) {
        this.world = world;
        this.node = node;
        random = new Randomness(world.seed * 31 + node.id(), Concern.UPKEEP);
    }

    /** A run of the node begins. */
    void started() {
        fetching = false;
        wanted = 0;
        if (world.scenario.trims()) {
            node.later(Scenario.SECOND, this::cut);
        }
        if (node.isStateless()) {
            want(0);
        }
    }

    // Cutting the log

    private void cut() {
        long to = limit() - random.below(5);
        if (to > node.disk().written().base()) {
            if (to > node.disk().durable().last()) {
                throw new Violation(
                        Invariant.DURABILITY,
                        node + " is about to cut its log at " + to + ", but only "
                                + node.disk().durable().last() + " is on disk");
            }
            world.trace.line(world.now(), () -> "node" + node.id() + " cuts its log up to " + to);
            node.disk().trim(to);
            node.step(new Input.LogTrimmed(to + 1));
        }
        node.later(Scenario.SECOND, this::cut);
    }

    /**
     * A cut may remove the entries that every member has, and more when the log is large. It keeps those that its own
     * store has not flushed.
     */
    private long limit() {
        long everyone = node.core().matchedByAll();
        if (node.isStateless()) {
            // A node without state has no substitute for the entries. Even a large log keeps the entries that another
            // member may lack.
            return everyone;
        }
        LogImage log = node.disk().written();
        boolean large = log.last() - log.base() > world.scenario.logEntries();
        long kept = world.sabotaged(Sabotage.CUT_ABOVE_FLUSHED)
                ? Math.min(node.applied(), node.disk().durable().last())
                : node.store().flushedIndex();
        // A state may be ahead of the log: see Restored.
        return Math.min(
                large ? kept : Math.min(everyone, kept), node.disk().durable().last());
    }

    // Snapshots

    /** The node needs a state at or above this index; a later leader may need a lower one than its predecessor. */
    void want(long index) {
        wanted = index;
        if (!fetching) {
            fetching = true;
            fetchLater(1, 100);
        }
    }

    private void fetchLater(long fromMs, long toMs) {
        node.later(random.between(fromMs, toMs) * Scenario.MS, this::fetch);
    }

    private void fetch() {
        if (!isNeeded()) {
            fetching = false;
            return;
        }
        List<SimNode> sources = world.nodes().stream()
                .filter(other -> other != node
                        && other.isUp()
                        && !other.isStateless()
                        && world.network.reaches(other.id(), node.id()))
                .filter(other -> other.store().visibleIndex() >= leastIndex())
                .toList();
        if (sources.isEmpty()) {
            fetchLater(100, 500);
            return;
        }
        SimNode source = sources.get(random.below(sources.size()));
        // The source's PostgreSQL may show transactions that it has not flushed yet.
        MapMachine snapshot =
                random.chance(0.5) ? source.store().visible() : source.store().flushed();
        if (world.sabotaged(Sabotage.SNAPSHOT_LOSES_END)) {
            MapMachine claimed = source.store().visible();
            snapshot = source.store().flushed();
            snapshot.pretend(claimed);
        }
        MapMachine taken = snapshot;
        world.trace.line(
                world.now(),
                () -> "node" + node.id() + " gets a snapshot at " + taken.applied() + " from node" + source.id());
        pull(source, source.incarnation(), taken, (int) random.between(1, 8));
    }

    private boolean isNeeded() {
        return node.isStateless() || node.core().commitIndex() < wanted;
    }

    /** @return the least index of a snapshot after which the log can continue */
    private long leastIndex() {
        return Math.max(wanted, node.disk().durable().base());
    }

    private void pull(SimNode source, int life, MapMachine snapshot, int chunks) {
        long time = random.between(2, world.healed() ? 20 : 200) * Scenario.MS;
        node.later(time, () -> {
            boolean broken =
                    !source.isUp() || source.incarnation() != life || !world.network.reaches(source.id(), node.id());
            if (broken) {
                world.trace.line(world.now(), () -> "node" + node.id() + " loses its source node" + source.id());
                fetchLater(20, 300);
            } else if (chunks > 1) {
                pull(source, life, snapshot, chunks - 1);
            } else {
                install(snapshot);
            }
        });
    }

    private void install(MapMachine snapshot) {
        // A snapshot at the index of the own state helps a log that ends below it: see Restored.
        boolean helps =
                snapshot.applied() >= leastIndex() && (node.isStateless() || snapshot.applied() >= node.applied());
        if (!helps || !isNeeded()) {
            fetchLater(20, 300);
            return;
        }
        world.counts.snapshots++;
        world.trace.line(world.now(), () -> "node" + node.id() + " installs a snapshot at " + snapshot.applied());
        node.crash();
        node.store().install(snapshot);
        if (world.sabotaged(Sabotage.SNAPSHOT_FORGETS_VOTE)) {
            node.disk().replaceHardState(new HardState(node.disk().durable().lastTerm(), Member.NONE));
        }
        // A crash may come between the swap of the state and that of the log: the next start completes it.
        world.after(random.chance(0.5) ? 1 : random.between(1, 500) * Scenario.MS, node::startAgain);
    }

    /** The log begins after the state's index when it does not hold the state's last entry (see Restored). */
    void fitLogToState() {
        MapMachine state = node.store().flushed();
        if (!node.store().isInstalled() || world.sabotaged(Sabotage.SNAPSHOT_KEEPS_LOG)) {
            return;
        }
        LogImage log = node.disk().durable();
        if (log.term(state.applied()) == state.term()) {
            if (log.last() > state.applied()) {
                world.counts.reached(Reached.TAIL_KEPT_BEHIND_SNAPSHOT);
            }
        } else {
            world.counts.reached(Reached.LOG_RESTARTED_BEHIND_SNAPSHOT);
            HardState found = log.hardState();
            boolean old = world.sabotaged(Sabotage.SNAPSHOT_WITHOUT_MEMBERSHIP);
            node.disk()
                    .restartFrom(
                            state.applied(),
                            state.term(),
                            old ? log.baseMembership() : state.membership(),
                            world.checks.hash(state.applied()));
            if (world.sabotaged(Sabotage.SNAPSHOT_KEEPS_TERM)) {
                node.disk().replaceHardState(found);
            }
        }
        node.store().settled();
    }
}
