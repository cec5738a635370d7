package io.raftgres.node.service.health;

import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.consensus.Consensus;
import io.raftgres.node.consensus.ConsensusView;
import io.raftgres.node.consensus.Replica;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.log.LogSpace;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.schema.Scrub;
import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.raft.Member;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Checks this member: whether its PostgreSQL answers, whether its disks have space and are fast enough, and whether its
 * state matches the other members and its own rows. It raises alarms, reports to the core when the member is degraded,
 * and discards a wrong state, which is then rebuilt from the others.
 */
public final class SelfCheck implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(SelfCheck.class);
    private static final long LOOK_MILLIS = 100;
    private static final long COMPARE_EVERY_LOOKS = 5;

    /** Longer than a large batch, a checkpoint or a garbage collection takes on an overloaded machine. */
    private static final long SILENT_NANOS = TimeUnit.MILLISECONDS.toNanos(2_500);

    /** Minimal time between two scrubs because of a difference. */
    private static final long SCRUB_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** Time in which members that start together find each other. */
    private static final long BEGINNING_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final int DISCARD_ATTEMPTS = 20;

    private final Consensus consensus;
    private final Replica replica;
    private final Store store;
    private final StatusBroadcast status;
    private final Alarms alarms;
    private final Duration scrubInterval;
    private final long self;
    private final Supplier<String> certificateProblem;
    private final Consumer<String> differs;
    private final CatchUpWatch catchUp = new CatchUpWatch();
    private final AtomicLong scrubs = new AtomicLong();
    private final AtomicLong differences = new AtomicLong();
    private final Thread looks;
    private final Thread scrubber;
    private final LastCopy lastCopy = new LastCopy(System::nanoTime);
    private final AtomicBoolean givingUp = new AtomicBoolean();
    private volatile Asks asks = (member, index) -> false;
    private final Object scrubNow = new Object();
    private boolean scrubAsked;
    private long scrubbedNanos;
    private final long startedNanos = System.nanoTime();
    private boolean degraded;
    private volatile boolean noSpace;
    private volatile boolean closed;

    /**
     * @param certificateProblem what is wrong with this node's certificates; null when nothing is
     * @param differs called with the reason when the state is wrong and others can send the right one
     */
    public SelfCheck(
            NodeConfig config,
            Consensus consensus,
            Store store,
            StatusBroadcast status,
            Alarms alarms,
            long self,
            Supplier<String> certificateProblem,
            Consumer<String> differs) {
        this.certificateProblem = certificateProblem;
        this.consensus = consensus;
        this.replica = consensus.replica();
        this.store = store;
        this.status = status;
        this.alarms = alarms;
        this.scrubInterval = config.scrubInterval();
        this.self = self;
        this.differs = differs;
        this.looks = Thread.ofVirtual().name("self-check").unstarted(this::look);
        this.scrubber = Thread.ofVirtual().name("scrub").unstarted(this::scrub);
    }

    /** Asks a member to keep its state, which must have reached an index. True when it has agreed. Blocks. */
    @FunctionalInterface
    public interface Asks {
        boolean toKeep(long member, long index);
    }

    public void start(Asks asks) {
        this.asks = asks;
        looks.start();
        if (replica != null) {
            scrubber.start();
        }
    }

    /** @return on the leader: whether too few members for a majority have space for more data */
    public boolean noSpace() {
        return noSpace;
    }

    public long scrubs() {
        return scrubs.get();
    }

    public long differences() {
        return differences.get();
    }

    private void look() {
        long round = 0;
        try {
            while (!closed) {
                checkPostgres();
                checkDisk();
                checkSpace();
                checkProgress();
                checkLogs();
                checkCertificate();
                reportDegraded();
                if (replica != null && ++round % COMPARE_EVERY_LOOKS == 0) {
                    compare();
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void checkPostgres() {
        if (replica == null) {
            return;
        }
        boolean unavailable = replica.storeWriter().isUnavailable() || replica.postgresSilentNanos() > SILENT_NANOS;
        alarms.set(
                Alarm.POSTGRES_UNAVAILABLE,
                unavailable,
                "PostgreSQL does not answer; the log continues, and its entries are applied when PostgreSQL answers"
                        + " again");
        if (unavailable) {
            replica.applier().failReads("this node's PostgreSQL does not answer; ask another node");
        }
    }

    private void checkDisk() {
        alarms.set(
                Alarm.SLOW_DISK,
                consensus.meters().isDiskSlow(),
                "the log's disk takes long to sync; another member should lead");
    }

    private void checkSpace() {
        LogSpace space = consensus.log().space();
        boolean full =
                space != LogSpace.OK || replica != null && replica.storeWriter().isDiskFull();
        alarms.set(
                Alarm.NO_SPACE,
                full,
                space != LogSpace.OK
                        ? "no space for further log segments: when the voters with space are no majority, writes that"
                                + " add data are refused"
                        : "PostgreSQL's disk is full");
        noSpace = consensus.raft().view().leads() && tooFewHaveSpace();
    }

    private void checkProgress() {
        long commit = consensus.raft().view().commitIndex();
        long others = status.othersCommitIndex();
        alarms.set(
                Alarm.BEHIND,
                catchUp.isStuck(commit, others, System.nanoTime()),
                "others have committed entries up to " + others + ", and this member stays at " + commit
                        + ": either its messages do not reach the leader, or it waits for a snapshot");
    }

    private void checkLogs() {
        boolean silent = !consensus.raft().view().vouched();
        alarms.set(
                Alarm.UNVOUCHED,
                silent && System.nanoTime() - startedNanos > BEGINNING_NANOS,
                "this member has no data, and does not vote until most of the others have confirmed that they know no"
                        + " earlier data of it; start the members that are down");
        alarms.set(
                Alarm.LOST_ENTRIES,
                !consensus.deniers().isEmpty(),
                status.named(consensus.deniers().describe()));
    }

    private void checkCertificate() {
        String problem = certificateProblem.get();
        alarms.set(Alarm.CERTIFICATE, problem != null, problem);
    }

    private boolean tooFewHaveSpace() {
        ConsensusView view = consensus.raft().view();
        int voters = 0;
        int withSpace = 0;
        boolean someFull = false;
        for (Member member : view.membership().members()) {
            if (!member.voter()) {
                continue;
            }
            voters++;
            Optional<NodeReport> report = status.report(member.id());
            boolean full = report.isPresent() && report.get().alarms().contains(Alarm.NO_SPACE.text());
            someFull |= full;
            withSpace += report.isPresent() && !full ? 1 : 0;
        }
        return someFull && withSpace < voters / 2 + 1;
    }

    private void reportDegraded() {
        boolean now = replica == null
                || alarms.has(Alarm.POSTGRES_UNAVAILABLE)
                || alarms.has(Alarm.NO_SPACE)
                || alarms.has(Alarm.SLOW_DISK)
                || alarms.has(Alarm.CORRUPT);
        if (now != degraded) {
            degraded = now;
            consensus.raft().degraded(now);
        }
    }

    // Whether the state is right

    private void compare() {
        Map<String, NodeReport> others = new HashMap<>();
        for (Member member : consensus.raft().view().membership().members()) {
            if (member.id() != self) {
                status.report(member.id())
                        .filter(report -> report.state().equals(StatusBroadcast.SERVING))
                        .ifPresent(report -> others.put(member.name(), report));
            }
        }
        Optional<HashComparison.Difference> difference = HashComparison.compare(replica, others);
        if (difference.isEmpty()) {
            return;
        }
        differences.incrementAndGet();
        if (difference.get().wrong()) {
            discardState(difference.get().detail());
        } else {
            scrubSoon();
        }
    }

    private void scrubSoon() {
        synchronized (scrubNow) {
            if (System.nanoTime() - scrubbedNanos > SCRUB_PAUSE_NANOS) {
                scrubAsked = true;
                scrubNow.notifyAll();
            }
        }
    }

    private void scrub() {
        try {
            while (!closed) {
                synchronized (scrubNow) {
                    if (scrubInterval.isZero()) {
                        while (!scrubAsked) {
                            scrubNow.wait();
                        }
                    } else if (!scrubAsked) {
                        scrubNow.wait(Math.max(1, scrubInterval.toMillis()));
                    }
                    scrubAsked = false;
                    scrubbedNanos = System.nanoTime();
                }
                if (!closed) {
                    scrubOnce();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void scrubOnce() {
        try {
            Scrub found = store.scrub();
            scrubs.incrementAndGet();
            if (found.agrees()) {
                alarms.set(Alarm.CORRUPT, false, "");
            } else {
                differences.incrementAndGet();
                discardState("the rows in PostgreSQL differ from the log at index " + found.appliedIndex() + ": another"
                        + " program changed them, or the disk corrupted them");
            }
        } catch (StoreDamagedException e) {
            discardState(e.getMessage());
        } catch (StoreUnavailableException e) {
            LOG.debugf("no scrub: %s", e.getMessage());
        }
    }

    /**
     * Discards a wrong state, but never the last copy of the data: that decision is an administrator's. Returns at
     * once; first another member must agree to keep its own state.
     */
    public void discardState(String reason) {
        if (givingUp.compareAndSet(false, true)) {
            Thread.ofVirtual().name("discard-state").start(() -> {
                try {
                    tryToDiscardState(reason);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } finally {
                    givingUp.set(false);
                }
            });
        }
    }

    private void tryToDiscardState(String reason) throws InterruptedException {
        for (int attempt = 0; attempt < DISCARD_ATTEMPTS && !closed; attempt++) {
            long needed = consensus.log().firstIndex() - 1;
            if (lastCopy.mayDiscardState(sources(needed), member -> asks.toKeep(member, needed))) {
                differs.accept(reason);
                return;
            }
            alarms.set(
                    Alarm.CORRUPT,
                    true,
                    reason + ". No other serving member can send its state and agrees to keep it, so this member"
                            + " continues with its own");
            // Two members that ask each other refuse each other. After a random pause, one of them asks first.
            TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(100, 1_000));
        }
    }

    /**
     * Called when another member wants to discard its state.
     *
     * @param needed index that this member's state must have reached to help it
     * @return whether this member keeps its own state, which looks right
     */
    public boolean keep(long needed) {
        return replica != null
                && !alarms.has(Alarm.CORRUPT)
                && lastCopy.keep(replica.storeWriter().storedIndex(), needed);
    }

    /** @return the other members that serve, have no alarm about their state, and have reached this index */
    private List<Long> sources(long needed) {
        return consensus.raft().view().membership().members().stream()
                .map(Member::id)
                .filter(member -> member != self
                        && status.report(member)
                                .filter(report -> report.state().equals(StatusBroadcast.SERVING)
                                        && report.storedIndex() >= needed
                                        && !report.alarms().contains(Alarm.CORRUPT.text()))
                                .isPresent())
                .toList();
    }

    @Override
    public void close() {
        closed = true;
        looks.interrupt();
        scrubber.interrupt();
    }
}
