package io.raftgres.sim;

import io.raftgres.raft.Entry;
import io.raftgres.raft.HardState;
import io.raftgres.raft.Input;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Output.Append;
import io.raftgres.raft.Output.Load;
import java.util.List;

/**
 * The simulated thread that owns a node's log: writes and syncs, sends the messages that waited for a sync, reports it,
 * and reads. Responses to these messages may arrive before the report.
 */
final class LogThread {
    /** Upper bound of appends that wait for the disk; the node drops further ones. */
    private static final int WAITING_MAX = 100;

    /** Wait before a full disk is tried again. */
    private static final long RETRY_US = 20 * Scenario.MS;

    private enum Reports {
        EACH,
        TOGETHER,
        LATE
    }

    private final World world;
    private final SimNode node;
    private final Randomness random;
    private final Membership bootstrap;
    private SimDisk disk;
    private Reports reports;
    /** The sequence that a report in flight will carry, 0 when there is none. */
    private long unreported;

    private boolean syncFails;
    private long slowUntil;
    private long fullUntil;
    private boolean rotten;

    LogThread(World world, SimNode node, Randomness random, Membership bootstrap) {
        this.world = world;
        this.node = node;
        this.random = random;
        this.bootstrap = bootstrap;
        empty();
    }

    SimDisk disk() {
        return disk;
    }

    /** Replaces the disk by an empty one. */
    void empty() {
        disk = new SimDisk(bootstrap, random, world.sabotaged(Sabotage.KEEP_OLD_SUFFIX));
        rotten = false;
    }

    /** A run of the node begins. */
    void start() {
        syncFails = false;
        unreported = 0;
        reports = Reports.values()[random.below(3)];
    }

    void slowFor(long us) {
        slowUntil = world.now() + us;
    }

    void fullFor(long us) {
        fullUntil = world.now() + us;
    }

    void failNextSync() {
        syncFails = true;
    }

    /** Damages the log; the node finds the damage when it reads. */
    void rot() {
        rotten = true;
    }

    boolean isRotten() {
        return rotten;
    }

    void repaired() {
        rotten = false;
    }

    void heal() {
        slowUntil = 0;
        fullUntil = 0;
        syncFails = false;
        rotten = false;
    }

    /** @return whether the node accepts a leader's entries; otherwise they count as lost in transit */
    boolean accepts() {
        boolean accepts = world.now() >= fullUntil && disk.waiting() < WAITING_MAX;
        if (!accepts) {
            world.counts.reached(Reached.DROPPED_BY_A_FULL_DISK);
        }
        return accepts;
    }

    void append(Append append) {
        disk.append(append);
        if (world.sabotaged(Sabotage.PROMISE_BEFORE_SYNC)) {
            append.afterDurable().forEach(node::send);
        }
        sync();
    }

    /** A read by another thread may be older than the core's latest append. */
    void load(Load load) {
        node.later(random.between(50, 5000), () -> {
            if (rotten && node.identity().endsByRot()) {
                return;
            }
            List<Entry> found = disk.durable().range(load.from(), load.to(), load.maxBytes());
            node.later(random.between(0, 1000), () -> {
                world.counts.reached(
                        load.peer() == Member.NONE ? Reached.LOADED_TO_APPLY : Reached.LOADED_FOR_A_MEMBER);
                node.step(new Input.EntriesLoaded(load, found));
            });
        });
    }

    private void sync() {
        if (disk.isSyncing() || disk.isIdle()) {
            return;
        }
        disk.beginSync();
        node.later(syncUs(), this::synced);
    }

    private long syncUs() {
        long usual = world.healed()
                ? 500
                : world.isWatched(node)
                        ? Math.min(world.scenario.fsyncUs(), world.scenario.promptUs())
                        : world.scenario.fsyncUs();
        long time = usual / 2 + random.exponential(usual / 2.0);
        return world.now() < slowUntil ? time + random.between(0, 800 * Scenario.MS) : time;
    }

    private void synced() {
        if (world.now() < fullUntil) {
            node.later(RETRY_US, this::synced);
            return;
        }
        if (syncFails) {
            world.trace.line(world.now(), () -> node + " stops: sync failed");
            node.crash();
            world.after(random.between(10, 3000) * Scenario.MS, node::startAgain);
            return;
        }
        long synced = 0;
        for (Append append = disk.nextSynced(); append != null; append = disk.nextSynced()) {
            append.afterDurable().forEach(node::send);
            synced = append.sequence();
            if (reports == Reports.EACH) {
                node.step(new Input.LogDurable(synced));
            }
        }
        switch (reports) {
            case EACH -> {}
            case TOGETHER -> node.step(new Input.LogDurable(synced));
            case LATE -> reportLater(synced);
        }
        if (world.sabotaged(Sabotage.REPORT_ACROSS_TRUNCATION)) {
            reportTooMuch();
        }
        sync();
    }

    private void reportLater(long sequence) {
        if (unreported > 0) {
            world.counts.reached(Reached.REPORTS_COALESCED);
        } else {
            long most = random.chance(0.2) ? 60 * Scenario.MS : 5 * Scenario.MS;
            node.later(random.between(1, most), () -> {
                long latest = unreported;
                unreported = 0;
                node.step(new Input.LogDurable(latest));
            });
        }
        unreported = sequence;
    }

    /** Spoils a restart as the sabotage demands. */
    void sabotageRestart() {
        HardState found = disk.durable().hardState();
        if (world.sabotaged(Sabotage.FORGET_VOTE)) {
            found = new HardState(found.term(), Member.NONE);
        }
        if (world.sabotaged(Sabotage.LOSE_HARD_STATE)) {
            found = new HardState(disk.durable().lastTerm(), Member.NONE);
        }
        if (world.sabotaged(Sabotage.LOSE_SYNCED_ENTRIES)) {
            disk.loseEnd(Math.max(node.store().flushedIndex(), disk.durable().last() - 1));
        }
        if (world.sabotaged(Sabotage.APPLY_TWICE)) {
            node.machine().pretendApplied(Math.max(disk.durable().base(), node.applied() - 2));
        }
        disk.replaceHardState(found);
    }

    private void reportTooMuch() {
        Append newest = disk.newestUnsynced();
        if (newest != null
                && !newest.entries().isEmpty()
                && newest.entries().getLast().index() <= disk.durable().last()) {
            newest.afterDurable().forEach(node::send);
            node.step(new Input.LogDurable(newest.sequence()));
        }
    }
}
