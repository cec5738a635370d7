package io.raftgres.sim;

import io.raftgres.raft.HardState;
import io.raftgres.raft.Input;
import io.raftgres.raft.Member;
import io.raftgres.raft.Message.Envelope;
import io.raftgres.raft.Output;
import io.raftgres.raft.Output.Append;
import io.raftgres.raft.Output.Load;
import io.raftgres.raft.Output.Proposed;
import io.raftgres.raft.RaftCore;
import io.raftgres.raft.Restored;
import io.raftgres.sim.Randomness.Concern;
import java.util.List;

/** A node: a core, its log on a disk, its state machine and store, and the requests that wait at it. */
final class SimNode {
    private static final Input TICK = new Input.Tick();

    private final World world;
    private final int id;
    private Disk disk;
    private final Store store;
    private final Applier applier;
    private final Service service;
    private final Upkeep upkeep;
    private final Randomness diskRandom;
    private final Randomness clockRandom;
    private final Randomness coreRandom;
    private RaftCore core;
    private int incarnation;
    private boolean gone;
    private boolean syncFails;
    private boolean reportsEachAppend;
    private long pausedUntil;
    private long slowDiskUntil;
    private long tickUs;

    SimNode(World world, int id) {
        this.world = world;
        this.id = id;
        diskRandom = new Randomness(world.seed * 31 + id, Concern.DISK);
        clockRandom = new Randomness(world.seed * 31 + id, Concern.CLOCK);
        coreRandom = new Randomness(world.seed * 31 + id, Concern.CORE);
        disk = emptyDisk();
        store = new Store(
                new MapMachine(Scenario.KEYS, world.sabotaged(Sabotage.FORGET_TOKENS), world.bootstrap));
        applier = new Applier(world, this, store, new Randomness(world.seed * 31 + id, Concern.STORE));
        service = new Service(world, this);
        upkeep = new Upkeep(world, this);
    }

    private Disk emptyDisk() {
        return new Disk(world.bootstrap, diskRandom, world.sabotaged(Sabotage.KEEP_OLD_SUFFIX));
    }

    // What it is

    int id() {
        return id;
    }

    boolean isUp() {
        return core != null;
    }

    boolean isGone() {
        return gone;
    }

    /** @return whether it takes part without a state of its own */
    boolean isStateless() {
        return store.isLost();
    }

    RaftCore core() {
        return core;
    }

    int incarnation() {
        return incarnation;
    }

    Disk disk() {
        return disk;
    }

    Store store() {
        return store;
    }

    Service service() {
        return service;
    }

    MapMachine machine() {
        return applier.machine();
    }

    long applied() {
        return applier.machine().applied();
    }

    // Life

    void start() {
        incarnation++;
        pausedUntil = 0;
        syncFails = false;
        reportsEachAppend = diskRandom.chance(0.5);
        upkeep.fitLogToState();
        applier.start();
        HardState found = disk.durable().hardState();
        if (incarnation > 1) {
            found = sabotageRestart(found);
        }
        long applied = isStateless() ? Restored.NO_STATE : applied();
        if (applied >= 0 && applied < disk.durable().base()) {
            throw new Violation(Invariant.DURABILITY, "node" + id + " has the state at " + applied
                    + ", and its log was cut up to " + disk.durable().base());
        }
        try {
            core = new RaftCore(world.scenario.config(id), disk.durable().restored(found, applied),
                    coreRandom.next(), world.rules);
        } catch (RuntimeException e) {
            throw new Violation(Invariant.CORE_ASSERTION, "node" + id + " cannot start: " + e.getMessage(), e);
        }
        world.checks.started(this);
        world.trace.event(world.now(), 1, id, disk.durable().last());
        world.trace.line(world.now(), () -> "node" + id + " starts: log " + disk.durable().base() + ".."
                + disk.durable().last() + ", " + disk.durable().hardState() + ", applied " + applied);
        tickUs = world.healed() ? Scenario.TICK_US : (long) (Scenario.TICK_US * (0.85 + 0.3 * clockRandom.unit()));
        later(clockRandom.between(1, tickUs), this::tick);
        upkeep.started();
    }

    private HardState sabotageRestart(HardState found) {
        HardState changed = found;
        if (world.sabotaged(Sabotage.FORGET_VOTE)) {
            changed = new HardState(found.term(), Member.NONE);
        }
        if (world.sabotaged(Sabotage.LOSE_HARD_STATE)) {
            changed = HardState.INITIAL;
        }
        if (world.sabotaged(Sabotage.LOSE_SYNCED_ENTRIES)) {
            disk.loseEnd(Math.max(store.flushedIndex(), disk.durable().last() - 1));
        }
        if (world.sabotaged(Sabotage.APPLY_TWICE)) {
            machine().pretendApplied(Math.max(disk.durable().base(), applied() - 2));
        }
        disk.replaceHardState(changed);
        return changed;
    }

    void crash() {
        if (core == null) {
            return;
        }
        world.counts.crashes++;
        world.trace.event(world.now(), 2, id, incarnation);
        core = null;
        service.clear();
        disk.crash();
        applier.crash();
        world.trace.line(world.now(), () -> "node" + id + " crashes, " + disk.durable().last() + " is its last entry");
    }

    /** Stops for good: the node was removed. */
    void retire() {
        crash();
        gone = true;
    }

    /** Stops for good: the log is lost, and with it all that the identity stood for. */
    void loseLog() {
        world.counts.logsLost++;
        if (world.sabotaged(Sabotage.RETURN_WITHOUT_LOG)) {
            crash();
            disk = emptyDisk();
            store.install(new MapMachine(Scenario.KEYS, false, world.bootstrap));
            store.settled();
            world.after(diskRandom.between(1, 500) * Scenario.MS, this::startAgain);
        } else {
            retire();
        }
    }

    /** Crashes, and starts again without a state. */
    void loseState() {
        world.counts.statesLost++;
        crash();
        store.lose();
    }

    void heal() {
        pausedUntil = Math.min(pausedUntil, world.now());
        slowDiskUntil = 0;
        applier.heal();
        syncFails = false;
        tickUs = Scenario.TICK_US;
        if (core == null && !gone) {
            start();
        } else if (core != null) {
            later(0, () -> step(new Input.Fitness(true)));
        }
    }

    void pauseFor(long us) {
        pausedUntil = world.now() + us;
    }

    void slowDiskFor(long us) {
        slowDiskUntil = world.now() + us;
    }

    void slowApplyFor(long us) {
        applier.slowFor(us);
    }

    void failNextSync() {
        syncFails = true;
    }

    /** Runs this unless the process has ended by then; when it is paused, afterwards. */
    void later(long delayUs, Runnable action) {
        int life = incarnation;
        world.after(delayUs, () -> inLife(life, action));
    }

    private void inLife(int life, Runnable action) {
        if (core == null || life != incarnation) {
            return;
        }
        if (world.now() < pausedUntil) {
            world.at(pausedUntil, () -> inLife(life, action));
            return;
        }
        action.run();
    }

    private void tick() {
        step(TICK);
        later(tickUs, this::tick);
    }

    void receive(Envelope envelope) {
        inLife(incarnation, () -> {
            world.trace.line(world.now(), () -> "node" + id + " <- node" + envelope.from() + " " + envelope.message());
            step(new Input.Receive(envelope.from(), envelope.message()));
        });
    }

    void peerUnreachable(int peer) {
        later(0, () -> step(new Input.PeerUnreachable(peer)));
    }

    // The core

    Proposed step(Input input) {
        world.counts.steps++;
        Output out;
        try {
            out = core.step(input);
        } catch (RuntimeException e) {
            throw new Violation(Invariant.CORE_ASSERTION, this + " on " + input + ": " + e, e);
        }
        carryOut(out);
        return out.proposed();
    }

    private void carryOut(Output out) {
        world.trace.event(world.now(), 8 + id, core.term() << 8 | core.role().ordinal() << 5 | out.messages().size(),
                core.commitIndex() << 24 | core.lastIndex());
        if (out.roleChange() != null) {
            Output.RoleChange change = out.roleChange();
            world.trace.line(world.now(), () -> "node" + id + " is " + change.role() + " in term " + change.term()
                    + " under " + change.leader() + ": " + change.reason());
            world.faults.roleChanged(this, change.role());
        }
        if (out.append() != null) {
            append(out.append());
        }
        world.checks.afterStep(this);
        world.checks.deciding(this, out);
        out.messages().forEach(this::send);
        for (Load load : out.loads()) {
            later(diskRandom.between(50, 5000), () -> step(new Input.EntriesLoaded(load,
                    disk.written().range(load.from(), load.to(), load.maxBytes()))));
        }
        if (!out.committed().isEmpty()) {
            applier.committed(out.committed());
        }
        out.reads().forEach(service::readIndex);
        if (out.snapshotWanted() > 0) {
            upkeep.want(out.snapshotWanted());
        }
    }

    private void send(Envelope envelope) {
        world.checks.sending(this, envelope);
        world.network.send(envelope);
    }

    // The disk

    private void append(Append append) {
        world.trace.line(world.now(), () -> "node" + id + " appends " + append.sequence() + ": " + append.entries()
                + (append.hardState() == null ? "" : " " + append.hardState()));
        world.checks.appending(this, append);
        disk.append(append);
        world.checks.appended(this, append);
        if (world.sabotaged(Sabotage.PROMISE_BEFORE_SYNC)) {
            append.afterDurable().forEach(this::send);
        }
        sync();
    }

    private void sync() {
        if (disk.isSyncing() || disk.isIdle()) {
            return;
        }
        disk.beginSync();
        long usual = world.healed() ? 500 : world.scenario.fsyncUs();
        long time = usual / 2 + diskRandom.exponential(usual / 2.0);
        if (world.now() < slowDiskUntil) {
            time += diskRandom.between(0, 800 * Scenario.MS);
        }
        later(time, this::synced);
    }

    private void synced() {
        if (syncFails) {
            world.trace.line(world.now(), () -> "node" + id + " stops: sync failed");
            crash();
            world.after(diskRandom.between(10, 3000) * Scenario.MS, this::startAgain);
            return;
        }
        long reported = 0;
        for (Append append = disk.nextSynced(); append != null; append = disk.nextSynced()) {
            append.afterDurable().forEach(this::send);
            reported = append.sequence();
            if (reportsEachAppend) {
                step(new Input.LogDurable(reported));
            }
        }
        if (!reportsEachAppend) {
            step(new Input.LogDurable(reported));
        }
        if (world.sabotaged(Sabotage.REPORT_ACROSS_TRUNCATION)) {
            reportTooMuch();
        }
        sync();
    }

    private void reportTooMuch() {
        Append newest = disk.newestUnsynced();
        if (newest != null && !newest.entries().isEmpty()
                && newest.entries().getLast().index() <= disk.durable().last()) {
            newest.afterDurable().forEach(this::send);
            step(new Input.LogDurable(newest.sequence()));
        }
    }

    void startAgain() {
        if (core == null && !gone) {
            start();
        }
    }

    /** Proposes a compare-and-set that never matches, so no client sees it. @return its index, 0 when it was refused */
    long probe() {
        Command command = new Command(-1, 0, 0, Integer.MAX_VALUE, Long.MAX_VALUE);
        return step(new Input.Propose(List.of(command.encode()))) instanceof Proposed.Accepted accepted
                && accepted.count() == 1 ? accepted.firstIndex() : 0;
    }

    @Override
    public String toString() {
        if (core == null) {
            return "node" + id + (gone ? " (gone)" : " (down)");
        }
        return "node" + id + " (" + core.role() + " in term " + core.term() + ", log " + disk.written().base() + ".."
                + core.lastIndex() + ", durable " + disk.durable().last() + ", committed " + core.commitIndex()
                + ", applied " + (isStateless() ? "nothing" : applied()) + ")";
    }
}
