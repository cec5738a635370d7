package io.raftgres.sim;

import io.raftgres.raft.HardState;
import io.raftgres.raft.Input;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Message.AppendAccepted;
import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Message.Envelope;
import io.raftgres.raft.Output;
import io.raftgres.raft.Output.Append;
import io.raftgres.raft.Output.Proposed;
import io.raftgres.raft.RaftCore;
import io.raftgres.raft.Restored;
import io.raftgres.raft.Role;
import io.raftgres.sim.Randomness.Concern;
import java.util.List;

/** A simulated node: a core, its log on a disk, its state machine and store, and its waiting requests. */
final class SimNode {
    private static final Input TICK = new Input.Tick();
    private static final int BURST_MAX = 5;

    private final World world;
    private final int id;
    private final SimIdentity identity;
    private final LogThread log;
    private final SimStore store;
    private final SimApplier applier;
    private final Service service;
    private final SimMaintenance maintenance;
    private final Randomness diskRandom;
    private final Randomness clockRandom;
    private final Randomness coreRandom;
    private RaftCore core;
    private int incarnation;
    private long pausedUntil;
    private long tickUs;
    private long ticks;
    private long tickedAt;
    private Membership linked;
    private Membership committed;

    /** @param membership the members that it knows before its log names others */
    SimNode(World world, int id, Membership membership) {
        this.world = world;
        this.id = id;
        diskRandom = new Randomness(world.seed * 31 + id, Concern.DISK);
        clockRandom = new Randomness(world.seed * 31 + id, Concern.CLOCK);
        coreRandom = new Randomness(world.seed * 31 + id, Concern.CORE);
        log = new LogThread(world, this, diskRandom, membership);
        identity = new SimIdentity(world, this, new Randomness(world.seed * 31 + id, Concern.IDENTITY), membership);
        store = new SimStore(new MapMachine(Scenario.KEYS, world.sabotaged(Sabotage.FORGET_TOKENS), world.bootstrap));
        applier = new SimApplier(world, this, store, new Randomness(world.seed * 31 + id, Concern.STORE));
        service = new Service(world, this);
        maintenance = new SimMaintenance(world, this);
    }

    // Identity and state

    int id() {
        return id;
    }

    boolean isUp() {
        return core != null;
    }

    SimIdentity identity() {
        return identity;
    }

    boolean isGone() {
        return identity.isGone();
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

    SimDisk disk() {
        return log.disk();
    }

    LogThread log() {
        return log;
    }

    SimStore store() {
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

    /** @return ticks in this run */
    long ticks() {
        return ticks;
    }

    /** @return whether it knows that the other member was removed permanently, and so refuses its messages */
    boolean refuses(int other) {
        return core != null && committed.removed().contains((long) other);
    }

    // Start and crash

    void start() {
        if (log.isRotten() && identity.endsByRot()) {
            return;
        }
        incarnation++;
        pausedUntil = 0;
        identity.started();
        ticks = 0;
        tickedAt = world.now();
        log.start();
        maintenance.fitLogToState();
        applier.start();
        if (incarnation > 1) {
            log.sabotageRestart();
        }
        HardState found = disk().durable().hardState();
        long applied = isStateless() ? Restored.NO_STATE : applied();
        if (applied >= 0 && applied < disk().durable().base()) {
            throw new Violation(
                    Invariant.DURABILITY,
                    "node" + id + " has the state at " + applied + ", but its log was cut up to "
                            + disk().durable().base());
        }
        try {
            core = new RaftCore(
                    world.scenario.config(id),
                    identity.vouched(disk().durable().restored(found, applied)),
                    coreRandom.next(),
                    world.rules);
        } catch (RuntimeException e) {
            throw new Violation(Invariant.CORE_ASSERTION, "node" + id + " cannot start: " + e.getMessage(), e);
        }
        linked = core.membership();
        committed = core.committedMembership();
        world.checks.started(this);
        world.network.links().started(this);
        world.trace.event(world.now(), 1, id, disk().durable().last());
        world.trace.line(
                world.now(),
                () -> "node" + id + " starts: log " + disk().durable().base() + ".."
                        + disk().durable().last() + ", " + disk().durable().hardState() + ", applied " + applied);
        tickUs = world.healed() ? Scenario.TICK_US : (long) (Scenario.TICK_US * (0.85 + 0.3 * clockRandom.unit()));
        later(clockRandom.between(1, tickUs), this::tick);
        maintenance.started();
    }

    void crash() {
        if (core == null) {
            return;
        }
        world.counts.crashes++;
        world.trace.event(world.now(), 2, id, incarnation);
        if (disk().written().lastChange() > core.commitIndex()) {
            world.counts.reached(Reached.CRASHED_IN_A_CHANGE);
        }
        core = null;
        service.clear();
        disk().crash();
        applier.crash();
        world.network.links().crashed(this);
        world.watch.ended(this);
        world.trace.line(
                world.now(), () -> "node" + id + " crashes, " + disk().durable().last() + " is its last entry");
    }

    /** Crashes, and starts again without a state. */
    void loseState() {
        world.counts.statesLost++;
        crash();
        store.lose();
    }

    void heal() {
        pausedUntil = Math.min(pausedUntil, world.now());
        log.heal();
        applier.heal();
        tickUs = world.healed() ? Scenario.TICK_US : tickUs;
        if (core == null) {
            startAgain();
        } else if (core != null) {
            later(0, () -> step(new Input.Degraded(false)));
        }
    }

    void pauseFor(long us) {
        pausedUntil = world.now() + us;
    }

    void slowApplyFor(long us) {
        applier.slowFor(us);
    }

    /** Runs the action unless the process has ended by then; if the node is paused, afterwards. */
    void later(long delayUs, Runnable action) {
        int started = incarnation;
        world.after(delayUs, () -> inLife(started, action));
    }

    private void inLife(int started, Runnable action) {
        if (core == null || started != incarnation) {
            return;
        }
        if (world.now() < pausedUntil) {
            world.at(pausedUntil, () -> inLife(started, action));
            return;
        }
        action.run();
    }

    /** A paused node catches up on some of the ticks that it missed. */
    private void tick() {
        long missed = Math.min((world.now() - tickedAt) / tickUs - 1, BURST_MAX);
        tickedAt = world.now();
        later(tickUs, this::tick);
        int started = incarnation;
        for (long i = 0; i <= missed && core != null && started == incarnation; i++) {
            ticks++;
            step(TICK);
            world.leaders.ticked(this);
        }
        if (missed > 0) {
            world.counts.reached(Reached.TICKS_IN_A_BURST);
        }
    }

    void receive(Envelope envelope) {
        inLife(incarnation, () -> {
            int from = (int) envelope.from();
            if (refuses(from)) {
                world.node(from).identity().notifiedOfRemoval();
                return;
            }
            if (envelope.message() instanceof AppendRequest append
                    && !append.entries().isEmpty()
                    && !log.accepts()) {
                return;
            }
            world.trace.line(world.now(), () -> "node" + id + " <- node" + from + " " + envelope.message());
            world.leaders.hearing(this, from);
            step(new Input.Receive(from, envelope.message()));
            if (envelope.message() instanceof AppendAccepted) {
                world.leaders.counted(this, from);
            }
        });
    }

    void peerUnreachable(int peer, long afterUs) {
        later(afterUs, () -> step(new Input.PeerUnreachable(peer)));
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
        world.trace.event(
                world.now(),
                8 + id,
                core.term() << 8 | core.role().ordinal() << 5 | out.messages().size(),
                core.commitIndex() << 24 | core.lastIndex());
        if (out.append() != null) {
            append(out.append());
        }
        world.checks.afterStep(this);
        world.checks.deciding(this, out);
        followMembership();
        if (out.roleChange() != null) {
            Output.RoleChange change = out.roleChange();
            world.trace.line(
                    world.now(),
                    () -> "node" + id + " is " + change.role() + " in term " + change.term() + " under "
                            + change.leader() + ": " + change.reason());
            world.faults.roleChanged(this, change.role());
        }
        out.messages().forEach(this::send);
        out.loads().forEach(log::load);
        if (!out.committed().isEmpty()) {
            applier.committed(out.committed());
        }
        out.reads().forEach(service::readIndex);
        if (out.snapshotWanted() > 0) {
            maintenance.want(out.snapshotWanted());
        }
    }

    private void followMembership() {
        Membership latest = core.membership();
        if (latest != linked) {
            linked = latest;
            world.network.links().follow(this, latest);
        }
        committed = core.committedMembership();
    }

    void send(Envelope envelope) {
        world.checks.sending(this, envelope);
        if (core.role() != Role.LEADER && !linked.contains(envelope.to())) {
            world.counts.reached(Reached.ANSWERED_A_STRANGER);
        }
        world.network.send(envelope);
    }

    private void append(Append append) {
        world.trace.line(
                world.now(),
                () -> "node" + id + " appends " + append.sequence() + ": " + append.entries()
                        + (append.hardState() == null ? "" : " " + append.hardState()));
        world.checks.appending(this, append);
        log.append(append);
        world.checks.appended(this, append);
    }

    void startAgain() {
        if (core == null && identity.mayStart()) {
            start();
        }
    }

    /**
     * Proposes a compare-and-set that never matches, so that no client sees it. @return its index, 0 when it was
     * refused
     */
    long probe() {
        Command command = new Command(-1, 0, 0, Integer.MAX_VALUE, Long.MAX_VALUE, 0);
        return step(new Input.Propose(List.of(command.encode()))) instanceof Proposed.Accepted accepted
                        && accepted.count() == 1
                ? accepted.firstIndex()
                : 0;
    }

    @Override
    public String toString() {
        if (core == null) {
            return "node" + id + (isGone() ? " (gone)" : " (down)");
        }
        return "node" + id + " (" + core.role() + " in term " + core.term() + ", log "
                + disk().written().base() + ".."
                + core.lastIndex() + ", durable " + disk().durable().last() + ", committed " + core.commitIndex()
                + ", applied " + (isStateless() ? "nothing" : applied()) + ")";
    }
}
